package edge

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// rightsFlags say what a kubeconfig may do in an edge cluster, and how it proves that.
type rightsFlags struct {
	role       string
	credential string
	bind       bool
	breakGlass bool
	yes        bool
}

const (
	roleHelp = "role in the edge cluster: view, edit, admin, cluster-admin, or a GROUP of your own; edit and admin " +
		"want --namespace (default: view)"
	rightsAsked = "a role that equals cluster-admin, or a group that is called almost like a role"
	bindHelp    = "create the binding of the role in the edge cluster if it is missing"
)

func (f *rightsFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&f.role, "role", "", roleHelp)
	fs.StringVar(&f.credential, "credential", "", "kind of credential for the edge cluster: certificate|token "+
		"(default: certificate)")
	fs.BoolVar(&f.bind, "bind", false, bindHelp)
	fs.BoolVar(&f.breakGlass, "break-glass", false,
		"hand out the administrator's own certificate of the edge cluster, "+
			"which has all rights and nobody's name on it")
	fs.BoolVarP(&f.yes, "yes", "y", false,
		"do not ask whether --break-glass, "+rightsAsked+", is meant")
}

// given reports whether any of the flags is, which are for edge clusters alone.
func (f *rightsFlags) given() bool { return *f != rightsFlags{} }

// validate checks the flags for a role that is to count in the namespace, or everywhere if that is "".
func (f *rightsFlags) validate(namespace string) error {
	switch {
	case f.breakGlass && (f.role != "" || f.credential != "" || f.bind):
		return errors.New("--break-glass has all rights: leave out --role, --credential and --bind")
	case f.credential == tokenrequest.Administrator:
		return hint.Wrap(fmt.Errorf("--credential %s: want certificate or token", f.credential),
			"the administrator's own is what --break-glass hands out")
	}
	kinds := []string{tokenrequest.Certificate, tokenrequest.Token}
	if f.credential != "" && !slices.Contains(kinds, f.credential) {
		return hint.Among(fmt.Errorf("--credential %.80q: want %s", f.credential, hint.Either(kinds...)),
			"--credential ", f.credential, kinds)
	}
	if f.equalsAdministrator(namespace) {
		return nil // which is asked about
	}
	err := tokenrequest.Request{EdgeCluster: f.rights(namespace)}.Check()
	if like := f.almost(); err != nil && like != "" {
		err = hint.DidYouMean(err, "--role "+like)
	}
	return err
}

// almost is the role that is perhaps meant by a group of one's own, or "".
func (f *rightsFlags) almost() string {
	if f.role == "" || tokenrequest.BuiltIn(f.role) {
		return ""
	}
	return hint.Nearest(f.role, []string{tokenrequest.RoleView, tokenrequest.RoleEdit, tokenrequest.RoleAdmin,
		tokenrequest.RoleClusterAdmin})
}

// equalsAdministrator reports whether the role gives all rights in two steps.
func (f *rightsFlags) equalsAdministrator(namespace string) bool {
	return namespace == "" && (f.role == tokenrequest.RoleEdit || f.role == tokenrequest.RoleAdmin)
}

// someCluster stands for whichever edge cluster has the rights.
const someCluster = "berlin"

// rights are what the flags ask of an edge cluster, with the kind of credential pinned: the helper never changes it.
func (f *rightsFlags) rights(namespace string) tokenrequest.EdgeCluster {
	if f.breakGlass {
		return tokenrequest.EdgeCluster{Cluster: someCluster, ClusterNamespace: tokenrequest.DefaultNamespace,
			Credential: tokenrequest.Administrator}
	}
	return tokenrequest.EdgeCluster{Cluster: someCluster, Role: f.role, Namespace: namespace,
		Credential: f.credential}.WithDefaults()
}
