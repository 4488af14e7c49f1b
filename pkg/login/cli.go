package login

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

const (
	cliTimeout        = 10 * time.Second
	cliDefaultProfile = "default"
)

// MethodSTACKITCLI is the session of the STACKIT CLI, which is asked for its token at each use.
const MethodSTACKITCLI = "stackit-cli"

func stackitCLI() method {
	return method{
		name:  MethodSTACKITCLI,
		grant: func() grant { return &cliGrant{} },
		flags: cliFlags,
		lasts: "with that of the STACKIT CLI, by default 12 hours after its login",
		found: func(ctx context.Context, a *Account) bool {
			if _, err := exec.LookPath("stackit"); err != nil {
				return false
			}
			_, err := CLI{}.authenticate(ctx, a)
			return err == nil
		},
	}
}

func cliFlags(flags FlagSet) choice {
	var chosen bool
	c := &CLI{}
	flags.BoolVar(&chosen, "stackit-cli", false, "use the session of the STACKIT CLI")
	flags.StringVar(&c.Profile, "stackit-cli-profile", "", "profile of the STACKIT CLI (default: its active one)")
	return choice{
		chosen: func() []string {
			if !chosen && c.Profile == "" {
				return nil
			}
			return []string{"--stackit-cli"}
		},
		credential: func(Interaction) Credential { return *c },
	}
}

// CLI is the session of the STACKIT CLI.
type CLI struct {
	Profile string // of the STACKIT CLI; "" is its active one, to which the login is then pinned
}

func (CLI) Method() string { return MethodSTACKITCLI }

func (c CLI) authenticate(ctx context.Context, a *Account) (result, error) {
	name := cmp.Or(c.Profile, a.Env.Get(envcredential.CLIProfile))
	if name == "" {
		name = activeCLIProfile()
	}
	if err := a.checkCLIProfile(name); err != nil {
		return result{}, err
	}
	return firstToken(ctx, a, &cliGrant{Profile: name})
}

// activeCLIProfile reads what stackit config profile set has written.
func activeCLIProfile() string {
	folder, err := os.UserConfigDir()
	if err != nil {
		return cliDefaultProfile
	}
	data, err := envcredential.ReadFile(filepath.Join(folder, "stackit", "cli-profile.txt"))
	if err != nil {
		return cliDefaultProfile
	}
	return cmp.Or(strings.TrimSpace(string(data)), cliDefaultProfile)
}

// CLIProfiles are the names of the STACKIT CLI's profiles on this machine.
func CLIProfiles() []string {
	names := []string{cliDefaultProfile}
	if folder, err := os.UserConfigDir(); err == nil {
		found, _ := os.ReadDir(filepath.Join(folder, "stackit", "profiles")) // there are none without it
		for _, f := range found {
			if f.IsDir() && f.Name() != cliDefaultProfile {
				names = append(names, f.Name())
			}
		}
	}
	return names
}

// checkCLIProfile refuses a profile that the CLI does not have: it would take its default one instead.
func (a *Account) checkCLIProfile(name string) error {
	if name == cliDefaultProfile {
		return nil
	}
	ok := len(name) > 1 && name[0] != '-'
	for _, r := range name {
		ok = ok && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
	}
	if !ok {
		return fmt.Errorf("profile %.80q of the STACKIT CLI: want lower-case letters, digits and dashes", name)
	}
	folder, err := os.UserConfigDir()
	if err != nil {
		return nil // the CLI would not know either
	}
	if _, err := os.Stat(filepath.Join(folder, "stackit", "profiles", name)); err != nil {
		err := hint.Wrap(fmt.Errorf("the STACKIT CLI has no profile %q", name),
			"see stackit config profile list, then: %s --stackit-cli-profile NAME", a.Command("login"))
		return hint.Among(err, "--stackit-cli-profile ", name, CLIProfiles())
	}
	return nil
}

// cliGrant asks the STACKIT CLI for the access token of its session.
type cliGrant struct {
	plain
	Profile string `json:"profile"`
}

func (g *cliGrant) Method() string { return MethodSTACKITCLI }

// renew takes what the CLI has, which may be short: it gives its token until that has expired, and for service accounts
// also afterwards.
func (g *cliGrant) renew(ctx context.Context, a *Account) (AccessToken, error) {
	if err := a.checkCLIProfile(g.Profile); err != nil {
		return AccessToken{}, err
	}
	output, err := g.run(ctx, a)
	if err != nil {
		return AccessToken{}, err
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	if json.Unmarshal(output, &answer) != nil || answer.Token == "" {
		return AccessToken{}, hint.Wrap(fmt.Errorf("stackit auth get-access-token: what it printed is not a token"),
			"upgrade the STACKIT CLI: https://github.com/stackitcloud/stackit-cli")
	}
	token := readOldToken(answer.Token)
	if !token.Expires.IsZero() && !token.Expires.After(a.Now()) {
		return AccessToken{}, g.required(a, fmt.Sprintf("the STACKIT CLI gave a token that expired at %s; for "+
			"service accounts it does not renew them",
			token.Expires.Format(time.RFC3339)), g.activate(a)+", or any command of it that calls the API, such as "+
			g.command(a, "project list"))
	}
	return token, nil
}

func (g *cliGrant) outside() bool { return true }

func (g *cliGrant) refused(a *Account) error {
	return g.required(a, "STACKIT refuses the token of the STACKIT CLI, which gives no other one before that expires",
		g.again(a))
}

func (g *cliGrant) run(ctx context.Context, a *Account) ([]byte, error) {
	path, err := exec.LookPath("stackit")
	if err != nil {
		return nil, g.required(a, "the STACKIT CLI, whose session is to be used, was not found",
			"install it: https://github.com/stackitcloud/stackit-cli")
	}
	ctx, cancel := context.WithTimeout(ctx, cliTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "auth", "get-access-token", "--output-format", "json", "--verbosity", "error")
	// The session's own token is wanted, whatever the CLI would find in the environment.
	cmd.Env = append(os.Environ(), envcredential.CLIProfile.String()+"="+g.Profile,
		envcredential.AccessToken.String()+"=", envcredential.UseOIDC.String()+"=")
	cmd.WaitDelay = time.Second
	var output limitedBuffer
	cmd.Stdout = &output
	if a.Wait != nil {
		defer a.Wait("the STACKIT CLI")()
	}
	err = cmd.Run()
	switch {
	case err == nil:
		return output.data, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, hint.Wrap(fmt.Errorf("stackit auth get-access-token: no answer within %v", cliTimeout),
			"try it yourself: %s", g.command(a, "auth get-access-token > "+os.DevNull))
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		return nil, fmt.Errorf("stackit auth get-access-token: %w", err)
	}
	// It does not say whether nobody is logged in, the session is over or the network failed.
	return nil, g.required(a, "the STACKIT CLI is not logged in, or its session has ended", g.again(a))
}

// command is how a person calls a command of the STACKIT CLI for this profile of it: there is no flag for that. The
// name has been checked, so that it needs no quotes.
func (g *cliGrant) command(a *Account, arguments string) string {
	if g.Profile == cmp.Or(a.Env.Get(envcredential.CLIProfile), activeCLIProfile()) {
		return "stackit " + arguments
	}
	if runtime.GOOS == "windows" { // whose shells each have a syntax of their own for it
		return "stackit " + arguments + " (with " + envcredential.CLIProfile.String() + "=" + g.Profile +
			" in the environment)"
	}
	return envcredential.CLIProfile.String() + "=" + g.Profile + " stackit " + arguments
}

// again is how the CLI's session is made again: by whom it was made before.
func (g *cliGrant) again(a *Account) string {
	session, err := a.session()
	if err == nil && session.Method == MethodSTACKITCLI && strings.HasSuffix(session.Principal, "@sa.stackit.cloud") {
		return g.activate(a)
	}
	return g.command(a, "auth login")
}

// activate is how a service account logs in to the CLI. Without a key it says nothing but that it failed.
func (g *cliGrant) activate(a *Account) string {
	return g.command(a, "auth activate-service-account --service-account-key-path FILE")
}

func (g *cliGrant) required(a *Account, reason, command string) error {
	reason += fmt.Sprintf(" (its profile is %q)", g.Profile)
	// Without a flag, a login would take the session of the CLI's active profile, which may be somebody else's.
	return hint.Wrap(&RequiredError{Profile: a.Name, Reason: reason}, "%s, or log in without it: %s --browser", command,
		a.Command("login"))
}

// limitedBuffer keeps the first 64 KiB.
type limitedBuffer struct{ data []byte }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	b.data = append(b.data, p[:min(len(p), 64<<10-len(b.data))]...)
	return len(p), nil
}
