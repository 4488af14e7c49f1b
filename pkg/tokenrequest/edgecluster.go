package tokenrequest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// EdgeCluster is what a request asks of an edge cluster. Its zero value asks for nothing of the kind.
type EdgeCluster struct {
	Cluster          string // name of the EdgeCluster
	ClusterNamespace string // its namespace in the instance; "" is DefaultNamespace
	// ClusterUID is the EdgeCluster's metadata.uid, by which another of the same name is known.
	// "" takes any.
	ClusterUID string
	// CA is the SHA-256, in hex, of the cluster's certificate authorities as the kubeconfig has them: see
	// edgecluster.CAHash. It tells that they have changed. "" takes any.
	CA string
	// Server is the SHA-256, in hex, of the address of the cluster's API server as the kubeconfig has it: see
	// edgecluster.ServerHash. A secret that leads elsewhere is not followed. "" takes any.
	Server     string
	Role       string // see checkRole; "" is RoleView
	Namespace  string // of the cluster, in which alone the role counts; "" is the whole cluster
	Credential string // kind of it; "" is Certificate
}

// DefaultNamespace is where EdgeClusters are when nobody names another namespace, as in STACKIT's examples.
const DefaultNamespace = "default"

// DefaultClusterExpiration is the life of an edge cluster's credential when nobody names one. A client cuts all its
// connections when its certificate changes, so it is longer than that of a token.
const DefaultClusterExpiration = time.Hour

// MaxClusterExpiration is the longest life of an edge cluster's credential. Nobody can end one early.
const MaxClusterExpiration = 24 * time.Hour

// CheckClusterExpiration reports whether an edge cluster's credential may live for d; 0 leaves that open.
func CheckClusterExpiration(d time.Duration) error {
	if d <= MaxClusterExpiration {
		return nil
	}
	return hint.Wrap(fmt.Errorf("--expiration %s: a credential of an edge cluster lives for %s at most, since nobody "+
		"can end it early", expiration.String(d), expiration.String(MaxClusterExpiration)),
		"leave it out: the next credential is minted when it is needed")
}

// The roles that kubectl edge binds itself.
const (
	RoleView         = "view"
	RoleEdit         = "edit"
	RoleAdmin        = "admin"
	RoleClusterAdmin = "cluster-admin"
)

// The kinds of credentials. A kubeconfig pins one: the helper never falls back from one kind to another.
const (
	Certificate   = "certificate"   // a client certificate that the cluster signs
	Token         = "token"         // a token of a service account, by the TokenRequest API
	Administrator = "administrator" // the administrator's own; never cached
)

// WithDefaults returns e with what it leaves open filled in, if it asks for a cluster at all.
func (e EdgeCluster) WithDefaults() EdgeCluster {
	if e.Cluster == "" {
		return e
	}
	e.ClusterNamespace = cmp.Or(e.ClusterNamespace, DefaultNamespace)
	e.Credential = cmp.Or(e.Credential, Certificate)
	if e.Credential != Administrator { // which has no role
		e.Role = cmp.Or(e.Role, RoleView)
	}
	return e
}

// Wanted is what answers r, in messages: a token for instance demo-3714d85.
func (r Request) Wanted() string {
	if r.Cluster == "" {
		return "a token for instance " + r.InstanceID
	}
	kind := cmp.Or(r.Credential, Certificate)
	if kind == Administrator {
		kind = "the administrator's credential"
	} else {
		kind = "a " + kind
	}
	return kind + " for edge cluster " + r.Cluster + " of instance " + r.InstanceID
}

// defaultExpiration is how long a credential lives for which nobody named a time.
func (r Request) defaultExpiration(scope profile.Scope) (time.Duration, error) {
	if r.Cluster != "" && scope.Settings.Expiration == "" {
		return DefaultClusterExpiration, nil
	}
	d, err := scope.Expiration()
	if r.Cluster != "" { // the profile's is that of tokens for instances, too
		d = min(d, MaxClusterExpiration)
	}
	return d, err
}

func (e EdgeCluster) appendArgs(args []string) []string {
	if e == (EdgeCluster{}) {
		return args
	}
	for _, f := range e.appendFlags(nil) {
		if value := f.Value.String(); value != "" {
			args = append(args, "--"+f.Name+"="+value)
		}
	}
	return args
}

// appendFlags appends the flags that set e.
func (e *EdgeCluster) appendFlags(flags []Flag) []Flag {
	return append(flags,
		Flag{"cluster", "name of an edge cluster that the instance manages (default: none, but the instance itself)",
			(*text)(&e.Cluster)},
		Flag{"cluster-namespace", "namespace of the EdgeCluster in the instance (default: " + DefaultNamespace + ")",
			(*text)(&e.ClusterNamespace)},
		Flag{"cluster-uid", "UID of the EdgeCluster, by which another of the same name is known",
			(*text)(&e.ClusterUID)},
		Flag{"ca", "SHA-256 of the edge cluster's certificate authorities, by which it is known that they have changed",
			(*text)(&e.CA)},
		Flag{"server", "SHA-256 of the address of the edge cluster's API server, by which it is known that it has " +
			"moved", (*text)(&e.Server)},
		Flag{"role", "role in the edge cluster: view, edit, admin, cluster-admin, or a group of your own (default: " +
			"view)", (*text)(&e.Role)},
		Flag{"namespace", "namespace of the edge cluster in which the role counts; edit and admin need one " +
			"(default: the whole cluster)", (*text)(&e.Namespace)},
		Flag{"credential", "kind of credential for the edge cluster: certificate, token or administrator (default: " +
			"certificate)", (*text)(&e.Credential)},
	)
}

// check reports whether what e names has the form of such names, and the role can be had.
func (e EdgeCluster) check() error {
	if e == (EdgeCluster{}) {
		return nil
	}
	if e.Cluster == "" {
		return hint.Wrap(errors.New("--cluster is missing: the other flags for edge clusters need one"),
			"kubectl edge cluster list")
	}
	if err := stackitid.ClusterName(e.Cluster); err != nil {
		return err
	}
	if err := stackitid.Namespace(e.ClusterNamespace); e.ClusterNamespace != "" && err != nil {
		return fmt.Errorf("--cluster-namespace: %w", err)
	}
	if err := stackitid.ClusterUID(e.ClusterUID); e.ClusterUID != "" && err != nil {
		return err
	}
	if e.CA != "" && !isSHA256(e.CA) {
		return fmt.Errorf("--ca %.80q is not a SHA-256 (64 hexadecimal digits in lower case)", e.CA)
	}
	if e.Server != "" && !isSHA256(e.Server) {
		return fmt.Errorf("--server %.80q is not a SHA-256 (64 hexadecimal digits in lower case)", e.Server)
	}
	switch e.Credential {
	case "", Certificate:
	case Token:
		if err := CheckToken(e); err != nil {
			return err
		}
	case Administrator:
		if e.Role != "" || e.Namespace != "" {
			return errors.New("the administrator's own credential has all rights: --role and --namespace do not apply")
		}
		return nil
	default:
		return fmt.Errorf("--credential %.80q: want %s, %s or %s", e.Credential, Certificate, Token, Administrator)
	}
	return checkRole(cmp.Or(e.Role, RoleView), e.Namespace)
}

// AccountNamespace is where the service accounts of people are in an edge cluster: see Token.
const AccountNamespace = "kubectl-edge"

// systemNamespace is that of the controllers of Kubernetes, of whose service accounts some may do everything.
const systemNamespace = "kube-system"

// checkRole reports whether the role can be had in the namespace, or in the whole cluster if that is "".
//
// Bound to the whole cluster, edit and admin are cluster-admin in two steps: both may make tokens for any service
// account, those of kube-system included (editRules in Kubernetes' bootstrappolicy/policy.go). Nobody who asks for
// edit means that. In the namespace of such service accounts the same goes for a role of that namespace.
func checkRole(role, namespace string) error {
	if namespace != "" {
		if err := stackitid.Namespace(namespace); err != nil {
			return fmt.Errorf("--namespace: %w", err)
		}
	}
	switch role {
	case RoleView:
		return nil
	case RoleEdit, RoleAdmin:
		if namespace == "" {
			return hint.Wrap(fmt.Errorf("the role %s of a whole cluster equals %s: it may make a token for any "+
				"service "+
				"account", role, RoleClusterAdmin), "--namespace NAME for one namespace, or --role %s",
				RoleClusterAdmin)
		}
		if namespace == systemNamespace || namespace == AccountNamespace {
			return hint.Wrap(fmt.Errorf("the role %s in namespace %s is more than that: it may make a token for any "+
				"service account there, and %s", role, namespace, map[string]string{
				systemNamespace:  "some of them equal " + RoleClusterAdmin,
				AccountNamespace: "they are those of other people",
			}[namespace]), "--role %s for all rights, if that is meant", RoleClusterAdmin)
		}
		return nil
	case RoleClusterAdmin:
		if namespace != "" {
			return hint.Wrap(fmt.Errorf("the role %s is of the whole cluster: --namespace does not apply", role),
				"--role %s for all that there is in a namespace", RoleAdmin)
		}
		return nil
	}
	return checkGroup(role, namespace)
}

// CheckToken reports whether a token can have the role of e. It is one of a service account, which stays after it: one
// with all rights would be the permanent secret that kubectl edge is there to end. And its groups are Kubernetes' own.
func CheckToken(e EdgeCluster) error {
	role := cmp.Or(e.Role, RoleView)
	switch {
	case role == RoleClusterAdmin:
		return hint.Wrap(fmt.Errorf("a token with the role %s would leave a service account behind that has all rights",
			RoleClusterAdmin), "--credential %s, or the administrator's own with --break-glass", Certificate)
	case !BuiltIn(role):
		return hint.Wrap(fmt.Errorf("a token cannot carry the group %.80q: its groups are those of its service account",
			role), "--credential %s, or --role view, edit or admin", Certificate)
	}
	return nil
}

// BuiltIn reports whether kubectl edge binds the role itself. Any other is a group of the user's own.
func BuiltIn(role string) bool {
	return slices.Contains([]string{RoleView, RoleEdit, RoleAdmin, RoleClusterAdmin}, role)
}

// GroupPrefix is that of the groups that kubectl edge binds itself, and of the names of people.
const GroupPrefix = "kubectl-edge:"

const maxGroup = 128

func checkGroup(group, namespace string) error {
	switch {
	case hasPrefixFold(group, "system:"):
		// Kubernetes' own: the signer refuses system:masters alone, and would sign system:nodes.
		return fmt.Errorf("--role %.80q: groups that begin with system: are Kubernetes' own", group)
	case hasPrefixFold(group, GroupPrefix):
		return hint.Wrap(fmt.Errorf("--role %.80q: groups that begin with %s are those of the roles", group,
			GroupPrefix),
			"--role view, edit, admin or cluster-admin, with --namespace NAME where it is for one namespace")
	case len(group) > maxGroup || !groupName(group):
		return fmt.Errorf("--role %.80q is neither view, edit, admin or cluster-admin nor a group: want up to %d "+
			"letters, "+
			"digits and .:/@_- of ASCII, the first a letter or digit", group, maxGroup)
	case namespace != "":
		return hint.Wrap(fmt.Errorf("--namespace does not apply to the group %.80q: what it may do, and where, its "+
			"own "+
			"bindings say", group), "leave out --namespace")
	}
	return nil
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// groupName reports whether every shell leaves s as it is, and no log or terminal is confused by it.
func groupName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && (i == 0 || strings.IndexByte(".:/@_-", c) < 0) {
			return false
		}
	}
	return s != ""
}

func isSHA256(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 64
}
