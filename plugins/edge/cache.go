package edge

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

func newCacheCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "cache", Short: "Look after the cached tokens"}
	cmd.AddCommand(newCacheListCmd(a), newCacheCleanCmd(a), newCachePathCmd(a))
	return cmd
}

// cachedToken is a cached token or certificate as it is shown: without the token, and without the key.
type cachedToken struct {
	InstanceID       string    `json:"instanceId,omitempty"`
	ProjectID        string    `json:"projectId,omitempty"`
	Region           string    `json:"region,omitempty"`
	Profile          string    `json:"profile,omitempty"`
	Principal        string    `json:"principal,omitempty"`
	Cluster          string    `json:"cluster,omitempty"`
	ClusterNamespace string    `json:"clusterNamespace,omitempty"`
	Role             string    `json:"role,omitempty"`         // with its namespace: edit in shop
	Credential       string    `json:"credential"`             // certificate or token
	CredentialID     string    `json:"credentialId,omitempty"` // as audit logs have it
	Issued           time.Time `json:"creationTimestamp"`
	Expires          time.Time `json:"expirationTimestamp"`
	File             string    `json:"file"`
}

// cache is the store that tokens are put into.
func (a *app) cache() (tokencache.Store, error) {
	config, err := profile.Load(a.dirs)
	if err != nil {
		return tokencache.Store{}, err
	}
	return tokencache.Open(a.dirs, config.Cache, a.Getenv)
}

func (a *app) cachedTokens() ([]cachedToken, error) {
	files, err := tokencache.All(a.dirs).List()
	var tokens []cachedToken
	for _, f := range files {
		e, l := f.Entry, f.Entry.Labels
		tokens = append(tokens, cachedToken{
			InstanceID: l.Instance, ProjectID: l.Project, Region: l.Region, Profile: l.Profile, Principal: l.Principal,
			Cluster: l.Cluster, ClusterNamespace: l.ClusterNamespace, Role: l.Role,
			Credential: e.Kind(), CredentialID: clusteraccess.CredentialID(e), Issued: e.Issued, Expires: e.Expires,
			File: f.Path,
		})
	}
	slices.SortStableFunc(tokens, func(a, b cachedToken) int {
		return cmp.Or(strings.Compare(a.InstanceID, b.InstanceID), strings.Compare(a.Cluster, b.Cluster),
			strings.Compare(a.Role, b.Role), a.Issued.Compare(b.Issued))
	})
	return tokens, err
}

func newCacheListCmd(a *app) *cobra.Command {
	var out output.Flags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the cached tokens, without showing them",
		Long: `List the cached tokens, and the certificates of edge clusters, without showing them.

-o wide and -o json have the id of each as the audit logs of Kubernetes write it, in the field
authentication.kubernetes.io/credential-id: so a line there can be traced to a mint.`,
		Example: `  kubectl edge cache list
  kubectl edge cache list -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			store, err := a.cache()
			if err != nil {
				return err
			}
			tokens, err := a.cachedTokens()
			if err != nil {
				return err
			}
			switch {
			case store.OffBy() != "":
				a.Note("Tokens are not cached: %s turns that off; on again with: %s", store.OffBy(), cacheAgain(store))
			case len(tokens) == 0:
				a.Note("No cached tokens.")
			}
			return output.List(a.Out, out, a.cachedTokenKind(), tokens)
		},
	}
	out.AddListFlags(cmd.Flags())
	return cmd
}

func (a *app) cachedTokenKind() output.Kind[cachedToken] {
	return output.Kind[cachedToken]{
		Name: "CachedToken",
		ID: func(t cachedToken) string {
			if t.Cluster != "" {
				return t.InstanceID + "/" + t.Cluster
			}
			return t.InstanceID
		},
		Columns: []output.Column[cachedToken]{
			{Name: "INSTANCE", Value: func(t cachedToken) string { return t.InstanceID }},
			{Name: "CLUSTER", Value: func(t cachedToken) string { return t.Cluster }},
			{Name: "ROLE", Value: func(t cachedToken) string { return t.Role }},
			{Name: "KIND", Value: func(t cachedToken) string { return t.Credential }},
			{Name: "REGION", Value: func(t cachedToken) string { return t.Region }},
			{Name: "PROFILE", Value: func(t cachedToken) string { return t.Profile }},
			{Name: "PRINCIPAL", Value: func(t cachedToken) string { return t.Principal }},
			{Name: "ISSUED", Value: func(t cachedToken) string { return t.Issued.Local().Format(time.DateTime) }},
			{Name: "LIFE", Value: func(t cachedToken) string { return a.bar(t) + a.left(t.Expires) }},
			{Name: "CREDENTIAL ID", Wide: true, Value: func(t cachedToken) string { return t.CredentialID }},
			{Name: "PROJECT ID", Wide: true, Value: func(t cachedToken) string { return t.ProjectID }},
			{Name: "FILE", Wide: true, Value: func(t cachedToken) string { return t.File }},
		},
	}
}

func newCacheCleanCmd(a *app) *cobra.Command {
	var expired bool
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Remove the cached tokens; new ones are minted when they are needed",
		Long: `Remove the cached tokens, and the certificates of edge clusters. New ones are minted when they are
needed.

After a failure, commands do not try again for some seconds. This ends that, too: the next command tries again.`,
		Example: `  kubectl edge cache clean
  kubectl edge cache clean --expired
  kubectl edge cache clean --profile ci`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !expired {
				tokencache.All(a.dirs).ForgetFailures()
			}
			return a.cleanCache(func(f tokencache.File) bool {
				return (!expired || !f.Entry.Usable(a.Now())) &&
					(a.choice.Profile == "" || f.Entry.Labels.Profile == a.choice.Profile)
			})
		},
	}
	cmd.Flags().BoolVar(&expired, "expired", false, "only those that have expired")
	return cmd
}

func newCachePathCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "path",
		Short:   "Print the folder of the cached tokens",
		Example: `  kubectl edge cache path`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			store, err := a.cache()
			if err != nil {
				return err
			}
			if store.OffBy() != "" {
				return hint.Wrap(errors.New("tokens are not cached: "+store.OffBy()+" turns that off"), "%s",
					cacheAgain(store))
			}
			_, err = fmt.Fprintln(a.Out, store.Dir())
			return err
		},
	}
}

// cacheAgain is what has tokens cached again.
func cacheAgain(store tokencache.Store) string {
	if store.OffBy() == "$"+tokencache.Variable {
		return hint.Unset(tokencache.Variable)
	}
	return "kubectl edge config set cache ''"
}

// cleanCache removes the cached tokens that match, and says how many there were. The lists of completion go, too.
func (a *app) cleanCache(match func(tokencache.File) bool) error {
	n, err := tokencache.All(a.dirs).Clean(match)
	a.Note("Removed %s.", plugin.Count(n, "cached token"))
	return errors.Join(err, a.forgetLists())
}

// forgetTokens removes the profile's cached tokens.
func (a *app) forgetTokens(profile string) error {
	_, err := tokencache.All(a.dirs).Clean(func(f tokencache.File) bool { return f.Entry.Labels.Profile == profile })
	return errors.Join(err, a.forgetLists())
}
