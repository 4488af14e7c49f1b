package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/machineapi"
)

// EdgeClusters are the edge clusters of one Kubernetes API. Package edgeclusters has them, which knows this one.
type EdgeClusters interface {
	// List returns all, in the order in which they were made.
	List() []EdgeCluster
	// Add makes one.
	Add(ctx context.Context, name string) error
	// Remove ends one, and forgets what it held.
	Remove(ctx context.Context, name string) error
	// Set changes what the settings name, which are those that are not zero.
	Set(ctx context.Context, name string, s EdgeClusterSettings) error
	// Start returns when its API server serves.
	Start(ctx context.Context, name string) error
	// Recreate makes it again under its name, with another UID and certificate authority, and nothing in it.
	Recreate(ctx context.Context, name string) error
	// RotateCA gives it a new certificate authority. With keepOld the API server takes certificates of both.
	RotateCA(ctx context.Context, name string, keepOld bool) error
	// Audit returns its audit log, a JSON object per line.
	Audit(name string) ([]byte, error)
	// Reset brings back those that there were in the beginning, and their settings. What they hold stays.
	Reset(ctx context.Context) error
	// LetReadSecrets says whether the instance's users may read its secrets.
	LetReadSecrets(ctx context.Context, may bool) error
}

// EdgeCluster is all that the control address says of an edge cluster.
type EdgeCluster struct {
	Instance  string `json:"instanceId"` // of the instance whose API server has its objects
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	UID       string `json:"uid"`
	Server    string `json:"server"` // URL of its Kubernetes API
	Talos     string `json:"talos"`  // address of its machine API
	Running   bool   `json:"running"`
	Failure   string `json:"failure,omitempty"` // why it does not run
	// Strays counts who followed a hostile secret: connections to where it leads, and runs of its command.
	Strays int `json:"strays"`
	EdgeClusterSettings
}

// EdgeClusterSettings are what can be changed of an edge cluster. The first word of each list in EdgeClusterWords is
// the normal one.
type EdgeClusterSettings struct {
	Status          string   `json:"status,omitempty"`          // what the EdgeCluster says of itself
	Signer          string   `json:"signer,omitempty"`          // what becomes of approved signing requests
	SigningDuration Duration `json:"signingDuration,omitempty"` // how long a certificate lives at most
	Secret          string   `json:"secret,omitempty"`          // what the secret with the kubeconfig holds
	Administrator   string   `json:"administrator,omitempty"`   // what the administrator in it may do
	Front           string   `json:"front,omitempty"`           // how the API server is reached
	Talosconfig     string   `json:"talosconfig,omitempty"`     // what the secret with the talosconfig holds
	MachineAPI      string   `json:"machineApi,omitempty"`      // how the machine API of its nodes misbehaves
}

// Words of the settings of edge clusters that the sandbox acts on in more than one place.
const (
	ClusterReady    = "ready"
	ClusterCreating = "creating"
	ClusterNew      = "new"
	ClusterDegraded = "degraded"

	SignerSigns = "signs"
	SignerNone  = "none"
	SignerOther = "other-ca"

	SecretValid   = "valid"
	SecretMissing = "missing"
	SecretToken   = "token"

	administratorMasters         = "masters"
	AdministratorNoApproval      = "no-approval"
	AdministratorNoImpersonation = "no-impersonation"

	FrontDirect  = "direct"
	FrontProxy   = "proxy"
	FrontPath    = "path"
	FrontRefused = "refused"
	FrontSilent  = "silent"

	MachineBehaves = "behaves"
)

// SecretWords are what the secret of an edge cluster can hold, the normal first.
func SecretWords() []string {
	return []string{SecretValid, SecretMissing, "expired", "half-renewed", SecretToken, "wrong-ca", "ca-bundle",
		"exec", "auth-provider", "other-server", "plain-http", "insecure", "proxy-url", "files", "traversal", "bomb",
		"control-characters", "impersonates", "password", "tls-server-name", "two-contexts", "no-context", "empty",
		"not-yaml", "binary", "huge", "no-value"}
}

// EdgeClusterWords are the words that a setting of edge clusters can have, by its JSON name, the normal first.
func EdgeClusterWords() map[string][]string {
	return map[string][]string{
		"status":        {ClusterReady, ClusterCreating, ClusterNew, ClusterDegraded},
		"signer":        {SignerSigns, SignerNone, SignerOther},
		"secret":        SecretWords(),
		"administrator": {administratorMasters, AdministratorNoApproval, AdministratorNoImpersonation},
		"front":         {FrontDirect, FrontProxy, FrontPath, FrontRefused, FrontSilent},
		"talosconfig":   {SecretValid, SecretMissing, "expired", "half-renewed", "hostile"},
		"machineApi":    append([]string{MachineBehaves}, machineapi.Faults()...),
	}
}

// Check says which word a setting does not have.
func (c EdgeClusterSettings) Check() error {
	words := EdgeClusterWords()
	for _, f := range []struct{ name, value string }{
		{"status", c.Status}, {"signer", c.Signer}, {"secret", c.Secret}, {"administrator", c.Administrator},
		{"front", c.Front}, {"talosconfig", c.Talosconfig}, {"machineApi", c.MachineAPI},
	} {
		if f.value != "" && !slices.Contains(words[f.name], f.value) {
			return fmt.Errorf("%s %q: want one of %s", f.name, f.value, strings.Join(words[f.name], ", "))
		}
	}
	if c.SigningDuration < 0 {
		return fmt.Errorf("signingDuration %v: want a positive one", c.SigningDuration)
	}
	return nil
}

// With returns the settings with those of changed that are not zero.
func (c EdgeClusterSettings) With(changed EdgeClusterSettings) EdgeClusterSettings {
	return EdgeClusterSettings{
		Status: cmp.Or(changed.Status, c.Status), Signer: cmp.Or(changed.Signer, c.Signer),
		SigningDuration: cmp.Or(changed.SigningDuration, c.SigningDuration),
		Secret:          cmp.Or(changed.Secret, c.Secret),
		Administrator:   cmp.Or(changed.Administrator, c.Administrator), Front: cmp.Or(changed.Front, c.Front),
		Talosconfig: cmp.Or(changed.Talosconfig, c.Talosconfig), MachineAPI: cmp.Or(changed.MachineAPI, c.MachineAPI),
	}
}

// HostClusters says which edge clusters the API server of an instance has, or with nil that it is gone. Instances that
// share the API server have the same.
func (s *Sandbox) HostClusters(instanceID string, clusters EdgeClusters) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if clusters == nil {
		delete(s.clusters, instanceID)
		return
	}
	s.clusters[instanceID] = clusters
}

// EdgeClusters finds the edge clusters that "NAME" or "INSTANCE/NAME" is one of, and its name. Instances go by their ID
// or their name; without one it is InstanceID.
func (s *Sandbox) EdgeClusters(name string) (clusters EdgeClusters, cluster string, err error) {
	instance, cluster, ok := strings.Cut(name, "/")
	if !ok {
		instance, cluster = InstanceID, name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.clusters) == 0 {
		return nil, "", errors.New("the sandbox runs no API servers, and so no edge clusters")
	}
	for _, id := range s.order {
		i := s.instances[id]
		if id != instance && i.DisplayName != instance {
			continue
		}
		if own := s.clusters[id]; own != nil {
			return own, cluster, nil
		}
		if i.OwnServer || s.clusters[InstanceID] == nil {
			return nil, "", fmt.Errorf("instance %s has no API server that serves", id)
		}
		return s.clusters[InstanceID], cluster, nil
	}
	return nil, "", fmt.Errorf("no instance %q", instance)
}

// ListEdgeClusters returns those of all API servers.
func (s *Sandbox) ListEdgeClusters() []EdgeCluster {
	s.mu.Lock()
	var ids []string
	hosted := map[string]EdgeClusters{}
	for _, id := range s.order {
		if c := s.clusters[id]; c != nil {
			ids, hosted[id] = append(ids, id), c
		}
	}
	s.mu.Unlock()
	all := []EdgeCluster{}
	for _, id := range ids {
		for _, c := range hosted[id].List() {
			c.Instance = id
			all = append(all, c)
		}
	}
	return all
}

// ResetEdgeClusters brings the settings of all edge clusters back to what they were.
func (s *Sandbox) ResetEdgeClusters(ctx context.Context) error {
	s.mu.Lock()
	var all []EdgeClusters
	for _, c := range s.clusters {
		all = append(all, c)
	}
	s.mu.Unlock()
	var errs []error
	for _, c := range all {
		errs = append(errs, c.Reset(ctx))
	}
	return errors.Join(errs...)
}
