// Package tokenrequest is the request for a credential as a kubeconfig carries it: the helper's arguments. It asks for
// a token of an Edge instance, or for a credential of an edge cluster that the instance manages. It keeps the helper's
// diet.
package tokenrequest

import (
	"errors"
	"io/fs"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// Request is what a kubeconfig asks for. A kubeconfig is untrusted input, so that is no more than names; where they are
// sent is the user's configuration's business.
type Request struct {
	ProjectID  string
	Region     string
	InstanceID string
	Profile    string
	Expiration time.Duration // 0: the profile's

	EdgeCluster // none: a token of the instance
}

// Args returns the arguments that parse into r, each safe to show to a shell.
func (r Request) Args() []string {
	args := []string{"--project-id=" + r.ProjectID, "--region=" + r.Region, "--instance-id=" + r.InstanceID}
	if r.Profile != "" {
		args = append(args, "--profile="+r.Profile)
	}
	if r.Expiration != 0 {
		args = append(args, "--expiration="+expiration.String(r.Expiration))
	}
	return r.EdgeCluster.appendArgs(args)
}

// Key names the token that answers r as it stands, before the profile fills any gaps: a change of the request, the
// configuration, the session or the credentials in the environment makes it another one. So logging out, or in as
// someone else, leaves no token behind that could be used.
func (r Request) Key(d dirs.Dirs, getenv func(string) string) (tokencache.Key, error) {
	files, err := profile.Open(d, r.Profile, getenv)
	if err != nil {
		return tokencache.Key{}, err
	}
	return r.key(files, getenv)
}

func (r Request) key(files *profile.Files, getenv func(string) string) (tokencache.Key, error) {
	fingerprint, err := files.Fingerprint()
	if err != nil {
		return tokencache.Key{}, err
	}
	parts := append(r.Args(), files.Name(), string(fingerprint[:]))
	return tokencache.KeyOf("edge", append(parts, envcredential.Of(getenv).Identity()...)...), nil
}

// Target is a request with everything that is needed to answer it.
type Target struct {
	Request
	Scope     profile.Scope
	Key       tokencache.Key
	Principal string // "" when nobody is logged in
	Store     tokencache.Store

	asked Request // before gaps were filled, as it is in Key
}

// Current reports whether the key of t is still the key of its request: it is not when the configuration, the session
// or the credentials in the environment have changed, as by a logout.
func (t Target) Current(d dirs.Dirs, getenv func(string) string) bool {
	key, err := t.asked.Key(d, getenv)
	return err == nil && key == t.Key
}

// Resolve completes r from the user's configuration below d and the environment, and checks it.
func (r Request) Resolve(d dirs.Dirs, getenv func(string) string) (Target, error) {
	files, err := profile.Open(d, r.Profile, getenv)
	if err != nil {
		return Target{}, err
	}
	key, err := r.key(files, getenv)
	if err != nil {
		return Target{}, err
	}
	asked := r
	scope, err := files.Scope(profile.Choice{Profile: r.Profile, ProjectID: r.ProjectID, Region: r.Region})
	if err != nil {
		return Target{}, err
	}
	r.Profile, r.ProjectID, r.Region = scope.Name, scope.ProjectID, scope.Region
	if r.Expiration == 0 {
		if r.Expiration, err = r.defaultExpiration(scope); err != nil {
			return Target{}, err
		}
	}
	if err := scope.NeedProject(); err != nil {
		return Target{}, err
	}
	if r.InstanceID == "" {
		return Target{}, hint.Wrap(errors.New("no instance: --instance-id is missing"), "kubectl edge instance list")
	}
	if err := r.Check(); err != nil {
		return Target{}, err
	}
	r.EdgeCluster = r.EdgeCluster.WithDefaults()
	session, err := scope.Session()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Target{}, hint.Wrap(err, "%s", scope.Command("login"))
	}
	store, err := tokencache.Open(d, scope.Config.Cache, getenv)
	if err != nil {
		return Target{}, err
	}
	return Target{Request: r, Scope: scope, Key: key, Principal: session.Principal, Store: store,
		asked: asked}, nil
}

// Check reports whether what r names has the form of such names.
func (r Request) Check() error {
	if err := (profile.Choice{Profile: r.Profile, ProjectID: r.ProjectID, Region: r.Region}).Check(); err != nil {
		return err
	}
	if r.InstanceID != "" {
		if err := stackitid.InstanceID(r.InstanceID); err != nil {
			return err
		}
	}
	if r.Cluster != "" {
		if err := CheckClusterExpiration(r.Expiration); err != nil {
			return err
		}
	}
	return r.EdgeCluster.check()
}

// Instance is the request for a token of the instance that manages r's edge cluster, as a kubeconfig of the instance
// has it, so that both share that token.
func (r Request) Instance() Request {
	r.EdgeCluster, r.Expiration = EdgeCluster{}, 0
	return r
}

// Labels describe the credential that answers t.
func (t Target) Labels() tokencache.Labels {
	l := tokencache.Labels{
		Instance: t.InstanceID, Project: t.ProjectID, Region: t.Region, Profile: t.Profile, Principal: t.Principal,
		Cluster: t.Cluster, ClusterNamespace: t.ClusterNamespace, Role: t.Role,
	}
	if t.Namespace != "" {
		l.Role += " in " + t.Namespace
	}
	return l
}
