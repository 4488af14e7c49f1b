package edge

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-edge/kubectl-edge/pkg/colour"
	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// profileStatus is what status says about one profile. It holds no secret.
type profileStatus struct {
	Profile   string      `json:"profile"`
	Current   bool        `json:"current"`
	LoggedIn  bool        `json:"loggedIn"`
	Principal string      `json:"principal,omitempty"`
	Method    string      `json:"method,omitempty"`
	Since     time.Time   `json:"creationTimestamp,omitzero"` // of the session, as its end is
	Expires   time.Time   `json:"expirationTimestamp,omitzero"`
	Ended     *sessionEnd `json:"ended,omitempty"` // of the session, if it has
	// Method of a credential in the environment, which goes first.
	Environment string               `json:"environment,omitempty"`
	Secrets     secretstore.Location `json:"secrets"`
	Tokens      []cachedToken        `json:"credentials"`
	login       string               // the command that logs somebody in
	BreakGlass  []brokenGlass        `json:"breakGlass,omitempty"` // contexts of the kubeconfig
	Check       *loginCheck          `json:"check,omitempty"`      // with --check
	Next        *nextPlace           `json:"next,omitempty"`       // of the profile with which the next command works
}

// nextPlace is where the next command works, and where each part of that comes from.
type nextPlace struct {
	ProfileFrom string `json:"profileFrom"`
	Project     string `json:"projectId,omitempty"`
	ProjectFrom string `json:"projectFrom,omitempty"`
	Region      string `json:"region"`
	RegionFrom  string `json:"regionFrom"`
	Instance    string `json:"instanceId,omitempty"`
	Cluster     string `json:"cluster,omitempty"` // the edge cluster's name
	From        string `json:"instanceFrom,omitempty"`
}

func (w workplace) next() *nextPlace {
	n := &nextPlace{ProfileFrom: w.origins.profile, Project: w.ProjectID, Region: w.Scope.Region,
		RegionFrom: w.origins.region}
	if n.Project != "" {
		n.ProjectFrom = w.origins.project
	}
	if w.current.context != "" {
		n.Instance, n.Cluster, n.From = w.InstanceID, w.Cluster, "context "+w.current.context
	}
	return n
}

func (n *nextPlace) print(w io.Writer) {
	row := func(name, value, from string) {
		if value != "" {
			fmt.Fprintf(w, "%s:\t%s (%s)\n", name, hint.Printable(value), hint.Printable(from))
		}
	}
	row("Project", n.Project, n.ProjectFrom)
	row("Region", n.Region, n.RegionFrom)
	row("Instance", n.Instance, n.From)
	row("Edge cluster", n.Cluster, n.From)
}

// brokenGlass is a context of the kubeconfig that is given an edge cluster's administrator's own credential.
type brokenGlass struct {
	Context    string `json:"context"`
	InstanceID string `json:"instanceId"`
	Cluster    string `json:"cluster"`
}

// loginCheck is what STACKIT answered to a profile's login. It holds no secret.
type loginCheck struct {
	Alive     bool      `json:"alive"`
	Principal string    `json:"principal,omitempty"`
	Method    string    `json:"method,omitempty"`
	Expires   time.Time `json:"expirationTimestamp,omitzero"` // if the end is known
	Error     string    `json:"error,omitempty"`
	Hint      string    `json:"hint,omitempty"`
}

func newStatusCmd(a *app) *cobra.Command {
	var (
		out output.Flags
		ask bool
	)
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show who is logged in, where the secrets lie, and the cached tokens",
		Long: `Show who is logged in, where the secrets lie, and the cached tokens.

It shows every profile, or the one of --profile, and prints no secret. It asks no network, so that a session may have
ended at STACKIT meanwhile: --check asks there, with one authenticated request a profile, which may renew the session.
The exit code is then 1 if a profile that is shown cannot be used, also because nobody is logged in.

When a session of a person ends, STACKIT does not say beforehand. A service account's key says it.`,
		Example: `  kubectl edge status
  kubectl edge status --check
  kubectl edge status --profile ci --check -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			all, err := a.statuses(cmd.Context())
			if err != nil {
				return err
			}
			if ask {
				if err := a.checkLogins(cmd.Context(), all); err != nil {
					return err
				}
			}
			if err := a.printStatuses(out, all); err != nil {
				return err
			}
			return unusable(all)
		},
	}
	cmd.Flags().BoolVar(&ask, "check", false, "ask STACKIT whether each session is alive")
	out.AddFlags(cmd.Flags())
	return cmd
}

// checkLogins asks STACKIT about each profile's login.
func (a *app) checkLogins(ctx context.Context, all []profileStatus) error {
	for i, s := range all {
		scope, err := a.scopeOf(profile.Choice{Profile: s.Profile})
		if err != nil {
			return err
		}
		p, err := a.probe(ctx, scope)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// Who lacks a role is somebody all the same.
		c := loginCheck{Alive: err == nil || forbidden(err), Principal: p.principal, Method: p.method, Expires: p.ends}
		if !c.Alive {
			c.Error, c.Hint = err.Error(), cmp.Or(hint.Of(err), s.login)
		}
		all[i].Check = &c
	}
	return nil
}

// unusable is the error when STACKIT was asked about the profiles and does not take the login of each.
func unusable(all []profileStatus) error {
	bad := 0
	for _, s := range all {
		if s.Check != nil && !s.Check.Alive {
			bad++
		}
	}
	if bad == 0 {
		return nil
	}
	return fmt.Errorf("%d of %s cannot be used", bad, plugin.Count(len(all), "profile"))
}

func (a *app) printStatuses(out output.Flags, all []profileStatus) error {
	if out.Format != "" {
		return output.List(a.Out, out, statusKind(), all)
	}
	for i, s := range all {
		if i > 0 {
			fmt.Fprintln(a.Out)
		}
		if err := a.printStatus(s); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) statuses(ctx context.Context) ([]profileStatus, error) {
	profiles, err := a.profiles()
	if err != nil {
		return nil, err
	}
	if a.choice.Profile != "" {
		if _, err := a.scope(); err != nil {
			return nil, err
		}
	}
	broken := a.brokenGlasses(ctx)
	here, noPlace := a.workplace() // what is wrong with it is for the commands that need it to say, and for doctor
	var all []profileStatus
	for _, p := range profiles {
		if a.choice.Profile != "" && a.choice.Profile != p.Name {
			continue
		}
		s, err := a.status(p)
		if err != nil {
			return nil, err
		}
		s.BreakGlass = broken[p.Name]
		if noPlace == nil && here.Name == p.Name {
			s.Next = here.next()
		}
		all = append(all, s)
	}
	return all, nil
}

// brokenGlasses are the contexts of the kubeconfig made with --break-glass, by profile. What keeps the kubeconfig from
// being read is for doctor to say.
func (a *app) brokenGlasses(ctx context.Context) map[string][]brokenGlass {
	config, err := kubeconfig.Load(ctx, "")
	if err != nil {
		return nil
	}
	broken := map[string][]brokenGlass{}
	for _, c := range administrators(config) {
		scope, err := a.scopeOf(profile.Choice{Profile: c.Request.Profile})
		if err != nil {
			continue // of a profile that is gone: the helper answers nothing
		}
		broken[scope.Name] = append(broken[scope.Name], brokenGlass{c.Name, c.Request.InstanceID, c.Request.Cluster})
	}
	return broken
}

func (a *app) status(p namedProfile) (profileStatus, error) {
	s := profileStatus{Profile: p.Name, Current: p.Current, login: p.login, Tokens: []cachedToken{}}
	session, err := profile.LoadSession(a.dirs, p.Name)
	switch {
	case err == nil:
		s.LoggedIn, s.Principal, s.Method = true, session.Principal, session.Method
		s.Since, s.Expires = session.Created, session.Expires
	case !errors.Is(err, fs.ErrNotExist):
		return profileStatus{}, err
	}
	scope, err := a.scopeOf(profile.Choice{Profile: p.Name})
	if err != nil {
		return profileStatus{}, err
	}
	account, err := a.account(scope)
	if err != nil {
		return profileStatus{}, err
	}
	environment, err := account.Environment()
	if err != nil {
		return profileStatus{}, err
	}
	if environment != nil {
		s.Environment = environment.Method()
	}
	s.Ended = a.sessionEnd(account)
	if s.Secrets, err = account.Secrets.Location(); err != nil {
		return profileStatus{}, err
	}
	tokens, err := a.cachedTokens()
	if err != nil {
		a.WarnOf(err) // all else can be shown
	}
	for _, t := range tokens {
		if t.Profile == p.Name {
			s.Tokens = append(s.Tokens, t)
		}
	}
	return s, nil
}

func (a *app) printStatus(s profileStatus) error {
	w := newStatusLines()
	current := ""
	if s.Current {
		current = " (current)"
	}
	if s.Next != nil && strings.HasPrefix(s.Next.ProfileFrom, "context ") {
		current += " (used by the " + hint.Printable(s.Next.ProfileFrom) + ")"
	}
	fmt.Fprintf(w, "Profile:\t%s%s\n", s.Profile, current)
	if s.LoggedIn {
		w.mark(colour.Good)
		fmt.Fprintf(w, "Logged in as:\t%s\n", hint.Printable(s.Principal))
		fmt.Fprintf(w, "Method:\t%s, since %s\n", s.Method, s.Since.Local().Format(time.DateTime))
		if s.Ended != nil {
			w.mark(colour.Bad)
			fmt.Fprintf(w, "Session ended:\t%s (log in with: %s)\n", s.Ended.Ago(a.Now()), s.login)
		} else if !s.Expires.IsZero() {
			fmt.Fprintf(w, "Session ends:\t%s\n", a.left(s.Expires))
		} else if lasts := login.Lasts(s.Method); lasts != "" {
			fmt.Fprintf(w, "Session ends:\t%s\n", lasts)
		}
	} else {
		w.markIf(s.Environment == "", colour.Bad)
		fmt.Fprintf(w, "Logged in as:\tnobody (log in with: %s)\n", s.login)
		if s.Ended != nil {
			fmt.Fprintf(w, "Session ended:\t%s\n", s.Ended.Ago(a.Now()))
		}
	}
	if s.Environment != "" {
		w.mark(colour.Careful)
		fmt.Fprintf(w, "Environment:\tholds a credential (%s), which is used instead\n", s.Environment)
	}
	if s.Next != nil {
		s.Next.print(w)
	}
	a.printCheck(w, s.Check)
	switch s.Secrets.KeyIn {
	case secretstore.InKeyring:
		fmt.Fprintf(w, "Secrets:\tsealed in %s, the key is in the system's keyring\n", s.Secrets.Path)
	case secretstore.InFile:
		w.mark(colour.Careful)
		fmt.Fprintf(w, "Secrets:\tsealed, the key is in a file only you can read: %s\n", s.Secrets.Path)
		fmt.Fprintf(w, "\t%s\n", s.Secrets.Reason)
	}
	for _, b := range s.BreakGlass {
		w.mark(colour.Careful)
		fmt.Fprintf(w, "Break-glass:\tcontext %s is the administrator of edge cluster %s of instance %s\n",
			hint.Printable(b.Context), b.Cluster, b.InstanceID)
	}
	certificates := slices.DeleteFunc(slices.Clone(s.Tokens), func(t cachedToken) bool { return !t.certificate() })
	a.printCached(w, "Cached tokens", slices.DeleteFunc(slices.Clone(s.Tokens), cachedToken.certificate))
	if len(certificates) > 0 {
		a.printCached(w, "Cached certificates", certificates)
	}
	return w.print(a)
}

// statusLines are the fields of a status, and how its lines are marked on a terminal.
type statusLines struct {
	table interface {
		io.Writer
		Flush() error
	}
	text  *bytes.Buffer
	lines int
	marks map[int]colour.Mark
}

func newStatusLines() *statusLines {
	text := &bytes.Buffer{}
	table := printers.GetNewTabWriter(text)
	return &statusLines{table: table, text: text, marks: map[int]colour.Mark{}}
}

func (l *statusLines) Write(data []byte) (int, error) {
	l.lines += bytes.Count(data, []byte("\n"))
	return l.table.Write(data)
}

// mark says how the next line is marked.
func (l *statusLines) mark(m colour.Mark) { l.marks[l.lines] = m }

func (l *statusLines) markIf(wanted bool, m colour.Mark) {
	if wanted {
		l.mark(m)
	}
}

func (l *statusLines) print(a *app) error {
	if err := l.table.Flush(); err != nil {
		return err
	}
	return a.Marked(a.Out, l.text.String(), func(line int) colour.Mark { return l.marks[line] })
}

func (a *app) printCached(w *statusLines, title string, all []cachedToken) {
	fmt.Fprintf(w, "%s:\t%d\n", title, len(all))
	for _, t := range all {
		w.markIf(!t.Expires.After(a.Now()), colour.Quiet)
		fmt.Fprintf(w, "  %s\t%s%s%s\n", t.of(), a.bar(t), a.left(t.Expires), apart(t, all))
	}
}

func (t cachedToken) certificate() bool { return t.Credential == tokenrequest.Certificate }

// printCheck shows what STACKIT answered, if it was asked.
func (a *app) printCheck(w *statusLines, c *loginCheck) {
	switch {
	case c == nil:
		return
	case !c.Alive:
		w.mark(colour.Bad)
		fmt.Fprintf(w, "Check:\tfailed: %s\n", hint.Printable(c.Error))
		fmt.Fprintf(w, "\tnext: %s\n", hint.Printable(c.Hint))
		return
	}
	text := "STACKIT takes it, as " + cmp.Or(c.Principal, "somebody whose name the token does not say")
	if !c.Expires.IsZero() {
		text += ", and it " + a.left(c.Expires)
	}
	w.mark(colour.Good)
	fmt.Fprintf(w, "Check:\t%s\n", hint.Printable(text))
}

// of is what the credential opens: an instance, or an edge cluster of it with a role.
func (t cachedToken) of() string {
	if t.Cluster == "" {
		return t.InstanceID
	}
	cluster := t.Cluster
	if t.ClusterNamespace != "" && t.ClusterNamespace != tokenrequest.DefaultNamespace {
		cluster = t.ClusterNamespace + "/" + cluster
	}
	return t.InstanceID + "/" + cluster + ", " + t.Role
}

// apart tells the token from others of its instance: each lifetime that is asked for, and each identity, has its own.
func apart(t cachedToken, all []cachedToken) string {
	same, as := 0, ""
	for _, other := range all {
		if other.of() != t.of() {
			continue
		}
		same++
		if other.Principal != t.Principal {
			as = ", as " + cmp.Or(hint.Printable(t.Principal), "somebody whose name is not known")
		}
	}
	if same < 2 {
		return ""
	}
	life := expiration.String(t.Expires.Sub(t.Issued).Round(time.Minute))
	return fmt.Sprintf(" (minted at %s for %s%s)", t.Issued.Local().Format(time.TimeOnly), life, as)
}

// bar draws on a terminal what is left of the token's life.
func (a *app) bar(t cachedToken) string {
	const width = 20
	life := t.Expires.Sub(t.Issued)
	if !plugin.Terminal(a.Out) || life <= 0 {
		return ""
	}
	left := min(max(int(width*t.Expires.Sub(a.Now())/life), 0), width)
	return strings.Repeat("█", left) + strings.Repeat("░", width-left) + " "
}

// left says how long it is until t.
func (a *app) left(t time.Time) string {
	d := t.Sub(a.Now()).Round(time.Second)
	if d <= 0 {
		return "expired"
	}
	return "expires in " + d.String()
}

func statusKind() output.Kind[profileStatus] {
	return output.Kind[profileStatus]{
		Name: "Status",
		ID:   func(s profileStatus) string { return s.Profile },
		Columns: []output.Column[profileStatus]{
			{Name: "PROFILE", Value: func(s profileStatus) string { return s.Profile }},
			{Name: "PRINCIPAL", Value: func(s profileStatus) string { return s.Principal }},
			{Name: "METHOD", Value: func(s profileStatus) string { return s.Method }},
			{Name: "KEY IN", Value: func(s profileStatus) string { return s.Secrets.KeyIn }},
			{Name: "TOKENS", Value: func(s profileStatus) string { return fmt.Sprint(len(s.Tokens)) }},
			{Name: "CHECK", Wide: true, Value: func(s profileStatus) string {
				switch {
				case s.Check == nil:
					return ""
				case s.Check.Alive:
					return "alive"
				}
				return s.Check.Error
			}},
		},
	}
}
