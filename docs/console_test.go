//go:build system && !windows

package docs_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/control"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/environment"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/server"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
	"github.com/kubectl-edge/kubectl-edge/plugins/credential"
	"github.com/kubectl-edge/kubectl-edge/plugins/edge"
	"github.com/kubectl-edge/kubectl-edge/plugins/edgesandbox"
	"github.com/kubectl-edge/kubectl-edge/plugins/sts"
)

// reasons are why a block of commands is not played. A page gives one in a comment in front of the block:
//
//	<!-- not played: asks on a terminal -->
var reasons = []string{
	"asks on a terminal", "needs a browser elsewhere", "needs a release", "is what not to do", "needs Terraform",
	"needs talosctl", "needs the STACKIT CLI", "runs all tests",
	"starts a shell",
}

// TestMain has the programs, and a browser in which the person signs in, on PATH.
func TestMain(m *testing.M) {
	build := buildinfo.Info{Version: "v0.1.0"}
	edgeMain := func() { os.Exit(plugin.Main(edge.Tree, build)) }
	testscript.Main(m, map[string]func(){
		"kubectl-edge": edgeMain, "kubectl_complete-edge": edgeMain,
		"kubectl-sts":  func() { os.Exit(plugin.Main(sts.Tree, build)) },
		"edge-sandbox": func() { os.Exit(edgesandbox.Run(build)) },
		"xdg-open":     signIn,
		"kubectl-edge_credential": func() {
			os.Exit(credential.Run(credential.Process{
				Args: os.Args, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now,
				Build: func() buildinfo.Info { return build },
			}))
		},
	})
}

// signIn is a browser with a person in front of it.
func signIn() {
	client, err := control.NewHTTP(os.Getenv("EDGE_SANDBOX_CA"))
	if err == nil {
		var back fmt.Stringer
		back, err = signin.SignIn(context.Background(), client, os.Args[1], sandbox.AdminUser,
			sandbox.AdminPassword, true)
		if err == nil {
			_, err = http.Get(back.String())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestConsole plays the blocks of commands of every page, each page on a machine of its own on which nothing is cached,
// and compares what they print.
func TestConsole(t *testing.T) {
	start := func(t *testing.T) *server.Server {
		srv, err := server.Start(server.Options{Plans: 1, EdgeClusters: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := srv.Close(); err != nil {
				t.Error(err)
			}
		})
		return srv
	}
	servers := clustertest.Servers(t)
	// An edge cluster starts when it is asked, which on a busy machine takes longer than a command waits.
	startCluster := func(t *testing.T, srv *server.Server) {
		if err := srv.StartCluster(t.Context(), servers, filepath.Join(t.TempDir(), "cluster")); err != nil {
			t.Fatal(err)
		}
		clusters, berlin, err := srv.Sandbox.EdgeClusters("berlin")
		if err != nil {
			t.Fatal(err)
		}
		if err := clusters.Start(t.Context(), berlin); err != nil {
			t.Fatal(err)
		}
	}
	srv := start(t)
	startCluster(t, srv)
	// The other instance of the project is still in the making, and would be waited for.
	srv.Sandbox.SetInstance("plant-3714d85", func(i *sandbox.Instance) { i.ProjectID = sandbox.OtherProjectID })
	played := 0
	for _, name := range markdownFiles(t) {
		blocks := consoleBlocks(t, name)
		if len(blocks) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			srv := srv
			changes := func(command string) bool {
				return slices.ContainsFunc(blocks, func(b block) bool { return strings.Contains(b.text, "$ "+command) })
			}
			if changes("edge-sandbox ") {
				srv = start(t) // its faults and its clock are not the other pages'
			}
			if changes("edge-sandbox cluster ") {
				startCluster(t, srv)
			}
			dir := t.TempDir()
			env, err := environment.New(dir, servers, os.Environ(), srv)
			if err != nil {
				t.Fatal(err)
			}
			m := &machine{dir: filepath.Join(dir, "home"), env: env.Environ()}
			key := filepath.Join(dir, "service-account-key.json")
			if err := os.Link(key, filepath.Join(m.dir, "key.json")); err != nil {
				t.Fatal(err)
			}
			played += m.play(t, blocks)
			if name == "docs/edge-clusters.md" {
				m.readmeEdgeCluster(t)
			}
		})
	}
	if played < 30 {
		t.Errorf("played %d commands: the test looks for the wrong thing", played)
	}
}

// block is a fenced block of commands, or commands that a comment has run before one.
type block struct {
	line  int
	text  string
	quiet bool // a page's comment: what it prints is not compared
}

var consoleFence = regexp.MustCompile("(?ms)(<!-- (not played|before): ((?s:.*?)) -->\n+)?^```console\n(.*?)^```$")

// consoleBlocks returns the blocks of a page that are to be played, with what comments want to be done before them:
//
//	<!-- before: kubectl edge login --service-account-key key.json -->
func consoleBlocks(t *testing.T, name string) []block {
	t.Helper()
	text := page(t, filepath.Join(root, name))
	var blocks []block
	for _, match := range consoleFence.FindAllStringSubmatchIndex(text, -1) {
		at := func(i int) string {
			if match[2*i] < 0 {
				return ""
			}
			return text[match[2*i]:match[2*i+1]]
		}
		b := block{line: 1 + strings.Count(text[:match[8]], "\n"), text: at(4)}
		switch at(2) {
		case "not played":
			if !slices.Contains(reasons, at(3)) {
				t.Errorf("%s:%d: is not played for a reason that console_test.go does not know: %q", name, b.line,
					at(3))
			}
			continue
		case "before":
			blocks = append(blocks, block{line: b.line, text: "$ " + strings.ReplaceAll(at(3), "\n", "\n$ "),
				quiet: true})
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// machine is where a page is played.
type machine struct {
	dir string
	env []string
}

// step is a command with what it is to print.
type step struct {
	command, want string
	line          int
	quiet         bool
}

func steps(blocks []block) []step {
	var all []step
	for _, b := range blocks {
		for i, line := range strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") {
			last := len(all) - 1
			switch command, ok := strings.CutPrefix(line, "$ "); {
			case ok:
				all = append(all, step{command: command, line: b.line + i, quiet: b.quiet})
			case last >= 0 && all[last].want == "" && strings.HasSuffix(all[last].command, `\`):
				all[last].command += "\n" + line
			case last >= 0:
				all[last].want += line + "\n"
			}
		}
	}
	return all
}

// escapes are what moves the cursor or sets colours, with what is written over afterwards.
var escapes = regexp.MustCompile(`[^\n]*\r\x1b\[K|\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\a]*\a`)

// play runs the commands of a page in one shell, and returns how many there were.
func (m *machine) play(t *testing.T, blocks []block) int {
	t.Helper()
	const mark = "\x01"
	all := steps(blocks)
	var script strings.Builder
	script.WriteString("set -o pipefail\nstty -echo\n")
	for _, s := range all {
		command := strings.ReplaceAll(s.command, "https://acme.example.com", "$EDGE_SANDBOX_STACKSTATE_URL")
		fmt.Fprintf(&script, "%s\nprintf '%s%%s%s\\n' $?\n", command, mark, mark)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script.String())
	cmd.Dir, cmd.Env = m.dir, append(m.env, "TERM=xterm-256color")
	// A person sits at a terminal. It is wide, since pages show lines as they are.
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 300})
	if err != nil {
		t.Fatal(err)
	}
	data, _ := io.ReadAll(terminal) // ends with an error when nobody has the terminal open any more
	terminal.Close()
	out := escapes.ReplaceAllString(strings.ReplaceAll(string(data), "\r\n", "\n"), "")
	if err := cmd.Wait(); err != nil {
		t.Errorf("the shell ended with %v\n%s", err, out)
	}
	answers := strings.Split(out, mark)
	if len(answers) != 2*len(all)+1 {
		t.Fatalf("the shell ran %d of %d commands:\n%s", len(answers)/2, len(all), out)
	}
	for i, s := range all {
		got, code := answers[2*i], answers[2*i+1]
		fails := strings.Contains(s.want, "error: ")
		switch {
		case (code != "0") != fails:
			t.Errorf("line %d: %s\nended with %s:\n%s", s.line, s.command, code, got)
		case s.want != "" && !s.quiet && !matches(s.want, got):
			t.Errorf("line %d: %s\nthe page shows:\n%s\nit printed:\n%s", s.line, s.command, s.want, got)
		}
	}
	return len(all)
}

// examples are what differs from one machine to the next.
var examples = []struct{ example, pattern string }{
	{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, ``},
	{`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9:]{5})`, ``},
	{`https?://[^\s"]+`, ``},
	{`svctok-[A-Za-z0-9]+`, ``},
	{`[0-9]{15}`, ``},
	{`[a-z0-9.-]+@[a-z0-9.-]+`, ``},
	{`/home/you[^\s"]*`, `/[^\s"]*`},
	{`\b[0-9.]+(s|m|h|d)([0-9]+s)?\b`, ``},
	{`[0-9.]+ (ms|s)\b`, ``},
}

// matches reports whether got is what a page shows: with other identifiers, times and paths, other widths of columns,
// and anything at all where the page has an ellipsis.
func matches(want, got string) bool {
	pattern := regexp.QuoteMeta(strings.TrimSpace(want))
	for i, e := range examples {
		quoted := regexp.MustCompile(quotedForm(e.example))
		pattern = quoted.ReplaceAllString(pattern, fmt.Sprintf("\x02%c", 'a'+i))
	}
	for i, e := range examples {
		p := e.pattern
		if p == "" {
			p = e.example
		}
		pattern = strings.ReplaceAll(pattern, fmt.Sprintf("\x02%c", 'a'+i), "(?:"+p+")")
	}
	pattern = strings.ReplaceAll(pattern, "…", "(?s:.*)")
	pattern = regexp.MustCompile(` +`).ReplaceAllString(pattern, ` +`)
	pattern = strings.ReplaceAll(pattern, "\n", ` *\n`)
	return regexp.MustCompile(`^\s*` + pattern + `\s*$`).MatchString(got)
}

// quotedForm is a pattern for texts that regexp.QuoteMeta quoted.
func quotedForm(pattern string) string {
	return strings.NewReplacer(`[0-9.]`, `(?:[0-9]|\\\.)`, `[a-z0-9.-]`, `(?:[a-z0-9-]|\\\.)`, `(Z|[+-]`, `(Z|\\?[+-]`).
		Replace(pattern)
}

// TestMatches checks what counts as the same output.
func TestMatches(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{"a  b\n", "a    b\n", true},
		{"a b\n", "a c\n", false},
		{"a b\n", "a b\nc\n", false},
		{"a\n…\n", "a\nb\nc\n", true},
		{"age 3d\n", "age 12s\n", true},
		{"age 3d\n", "age unknown\n", false},
		{`Wrote to "/home/you/.kube/config".`, `Wrote to "/tmp/x/kubeconfig".`, true},
		{"at 2027-05-20T11:00:00Z.", "at 2026-01-01T10:00:00+01:00.", true},
		{"ada@example.com (x)", "bob@sa.stackit.cloud (x)", true},
		{"https://a.example/x?…", "https://localhost:1/y?z", true},
		{"12345678-ffff-4bcd-8fff-123456789abc x", "22345678-ffff-4bcd-8fff-123456789abc  x", true},
	} {
		if got := matches(c.want, c.got); got != c.same {
			t.Errorf("%q, %q: %v", c.want, c.got, got)
		}
	}
}
