package edge

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// identity is as whom and where the next command works. It holds no secret.
type identity struct {
	Profile     string      `json:"profile"`
	Principal   string      `json:"principal,omitempty"`
	Method      string      `json:"method,omitempty"`
	Environment string      `json:"environment,omitempty"`        // method of a credential there, which goes first
	Expires     time.Time   `json:"expirationTimestamp,omitzero"` // of the session, if its end is known
	Ended       *sessionEnd `json:"ended,omitempty"`              // of the session, if it has
	Project     string      `json:"projectId,omitempty"`
	Region      string      `json:"region"`
	Context     string      `json:"context,omitempty"` // the kubeconfig's, if it is one of kubectl edge
	Instance    string      `json:"instanceId,omitempty"`
	Cluster     string      `json:"cluster,omitempty"` // the edge cluster's name
	Role        string      `json:"role,omitempty"`    // in the edge cluster
	Namespace   string      `json:"namespace,omitempty"`
	Credential  string      `json:"credential,omitempty"` // kind of it, for the edge cluster
	edge        tokenrequest.EdgeCluster
	login       string // the command that logs somebody in
}

func newWhoAmICmd(a *app) *cobra.Command {
	var out output.Flags
	cmd := &cobra.Command{
		Use:   "whoami",
		Short: "Show as whom, in which project and with which instance the next command works",
		Long: `Show as whom, in which project and with which instance the next command works.

It asks no network; kubectl edge status --check asks STACKIT whether the login is alive, and kubectl auth whoami asks
an instance. The exit code is 1 if nobody is logged in.
How a session ended is shown until the next login or logout.`,
		Example: `  kubectl edge whoami
  kubectl edge whoami --profile ci -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			who, err := a.whoAmI()
			if err != nil {
				return err
			}
			if out.Format != "" {
				err = output.One(a.Out, out, identityKind(), who)
			} else {
				err = a.printIdentity(who)
			}
			if err == nil && who.Method == "" { // what has ended by this machine's clock, STACKIT may take yet
				err = hint.Wrap(fmt.Errorf("nobody is logged in to profile %s", who.Profile), "%s", who.login)
			}
			return err
		},
	}
	out.AddFlags(cmd.Flags())
	return cmd
}

func (a *app) whoAmI() (identity, error) {
	w, err := a.workplace()
	if err != nil {
		return identity{}, err
	}
	s, c := w.Scope, w.current
	e := c.EdgeCluster.WithDefaults()
	who := identity{Profile: s.Name, Project: s.ProjectID, Region: s.Region, Context: c.context,
		Instance: c.InstanceID, Cluster: e.Cluster, Role: e.Role, Namespace: e.Namespace, Credential: e.Credential,
		edge: e, login: s.Command("login")}
	session, err := s.Session()
	if err == nil {
		who.Principal, who.Method, who.Expires = session.Principal, session.Method, session.Expires
	} else if !errors.Is(err, fs.ErrNotExist) {
		return identity{}, err
	}
	account, err := a.account(s)
	if err != nil {
		return identity{}, err
	}
	environment, err := account.Environment()
	if err != nil {
		return identity{}, err
	}
	if environment != nil { // which goes first; whose it is, only its use shows
		who.Principal, who.Method, who.Environment, who.Expires = "", environment.Method(), environment.Method(),
			time.Time{}
	} else {
		who.Ended = a.sessionEnd(account)
	}
	return who, nil
}

// sayNext says what a person does next, who calls kubectl edge alone. What is wrong is for other commands to say.
func (a *app) sayNext() {
	who, err := a.whoAmI()
	fmt.Fprintln(a.ErrOut)
	switch {
	case err != nil:
		a.Note("Next: kubectl edge doctor")
	case who.Method == "":
		a.Note("Nobody is logged in to profile %s%s. Next: %s", who.Profile, a.since(who.Ended), who.login)
	case who.Ended != nil:
		a.Note("The session of profile %s has ended: %s. Next: %s", who.Profile, who.Ended.Ago(a.Now()), who.login)
	case who.Cluster != "":
		a.Note("The current context is of edge cluster %s of instance %s. Next: kubectl get pods%s", who.Cluster,
			who.Instance, map[bool]string{true: " -A"}[who.Namespace == ""])
	case who.Instance == "":
		a.Note("Logged in, and no instance is chosen. Next: kubectl edge use")
	default:
		a.Note("The current context is of instance %s. Next: kubectl get edgehosts", who.Instance)
	}
}

func (a *app) printIdentity(who identity) error {
	w := printers.GetNewTabWriter(a.Out)
	field := func(name, value string) { fmt.Fprintf(w, "%s:\t%s\n", name, hint.Printable(value)) }
	field("Profile", who.Profile)
	switch {
	case who.Environment != "":
		field("Logged in as", "whom the credential in the environment belongs to ("+who.Method+")")
	case who.Method == "":
		field("Logged in as", "nobody")
	default:
		field("Logged in as", who.Principal+" ("+who.Method+")")
		if who.Ended != nil {
			break
		}
		if !who.Expires.IsZero() {
			field("Session ends", a.left(who.Expires))
		} else if lasts := login.Lasts(who.Method); lasts != "" {
			field("Session ends", lasts)
		}
	}
	if who.Ended != nil {
		field("Session ended", who.Ended.Ago(a.Now()))
	}
	field("Project", cmp.Or(who.Project, "none (kubectl edge use, or kubectl edge config set project-id UUID)"))
	field("Region", who.Region)
	instance := "none (kubectl edge use)"
	if who.Instance != "" {
		instance = who.Instance + ", of context " + who.Context
	}
	field("Instance", instance)
	if who.Cluster != "" {
		field("Edge cluster", who.Cluster+", by "+rightsText(who.edge))
	}
	return w.Flush()
}

func identityKind() output.Kind[identity] {
	return output.Kind[identity]{
		Name: "Identity",
		ID:   func(i identity) string { return i.Principal },
		Columns: []output.Column[identity]{
			{Name: "PROFILE", Value: func(i identity) string { return i.Profile }},
			{Name: "PRINCIPAL", Value: func(i identity) string { return i.Principal }},
			{Name: "METHOD", Value: func(i identity) string { return i.Method }},
			{Name: "PROJECT", Value: func(i identity) string { return i.Project }},
			{Name: "REGION", Value: func(i identity) string { return i.Region }},
			{Name: "INSTANCE", Value: func(i identity) string { return i.Instance }},
		},
	}
}

// newAuthCmd has what other programs of STACKIT need of the one login.
func newAuthCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "auth", Short: "Lend the login to other programs of STACKIT"}
	cmd.AddCommand(newPrintAccessTokenCmd(a))
	return cmd
}

func newPrintAccessTokenCmd(a *app) *cobra.Command {
	var out output.Flags
	cmd := &cobra.Command{
		Use:   "print-access-token",
		Short: "Print a STACKIT access token of the login, for curl, Terraform and the SDK",
		Long: `Print a STACKIT access token of the login, for curl, Terraform and the SDK.

It opens all that you may do at STACKIT until it expires, to anybody who has it; nobody can revoke it. It is renewed
first if it is about to expire. For an instance's API this is not the token: that is what kubectl edge token create
mints.`,
		Example: `  curl -H "Authorization: Bearer $(kubectl edge auth print-access-token)" https://resource-manager.api.stackit.cloud/…
  STACKIT_ACCESS_TOKEN=$(kubectl edge auth print-access-token) terraform plan
  kubectl edge auth print-access-token -o jsonpath={.expirationTimestamp}`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			s, err := a.currentScope()
			if err != nil {
				return err
			}
			cloud, err := a.personsCloud(cmd.Context(), s)
			if err != nil {
				return err
			}
			token, err := cloud.source.Token(cmd.Context())
			if err != nil {
				return err
			}
			if plugin.Terminal(a.Out) {
				a.Warn("what follows is a secret: it opens all that %s may do at STACKIT, until %s",
					cmp.Or(hint.Printable(token.Principal), "the login"), token.Expires.Local().Format(time.DateTime))
			}
			if out.Format == "" {
				_, err = fmt.Fprintln(a.Out, token.Token)
				return err
			}
			return output.One(a.Out, out, accessTokenKind(),
				accessToken{token.Token, token.Expires, token.Principal})
		},
	}
	out.AddFlags(cmd.Flags())
	return cmd
}

// accessToken is what -o json shows of a STACKIT access token.
type accessToken struct {
	Token               string    `json:"token"`
	ExpirationTimestamp time.Time `json:"expirationTimestamp,omitzero"` // if it is known
	Principal           string    `json:"principal,omitempty"`
}

func accessTokenKind() output.Kind[accessToken] {
	return output.Kind[accessToken]{
		Name: "AccessToken",
		ID:   func(t accessToken) string { return t.Principal },
		Columns: []output.Column[accessToken]{
			{Name: "PRINCIPAL", Value: func(t accessToken) string { return t.Principal }},
			{Name: "EXPIRES",
				Value: func(t accessToken) string { return t.ExpirationTimestamp.UTC().Format(time.RFC3339) }},
			{Name: "TOKEN", Value: func(t accessToken) string { return t.Token }},
		},
	}
}
