//go:build unix

// Package hack_test runs the scripts that find or build the sandbox's servers, with programs that only say what they
// are.
package hack_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// machine is one with a PATH of its own, and nothing built.
type machine struct {
	t    *testing.T
	root string
	env  []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	root := t.TempDir()
	return &machine{t, root, []string{"HOME=" + root, "PATH=" + root + "/bin:/usr/local/bin:/usr/bin:/bin",
		"TERM=xterm",
		"KUBECTL_EDGE_BUILD_CACHE=" + root + "/cache"}}
}

// program puts a script onto the machine.
func (m *machine) program(path, body string) {
	m.t.Helper()
	path = filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
		m.t.Fatal(err)
	}
}

// servers puts three programs into a folder, which say these versions.
func (m *machine) servers(folder, kubernetes, etcd string) {
	m.t.Helper()
	m.program(folder+"/kube-apiserver", "echo Kubernetes "+kubernetes)
	m.program(folder+"/kubectl", "echo Client Version: "+kubernetes)
	m.program(folder+"/etcd", "echo etcd Version: "+etcd+"; echo Git SHA: 9a1b2c3; echo Go Version: go1.26.1")
}

// goTool is a go that downloads 247 modules, compiles three packages, and then does what end says.
func (m *machine) goTool(end string) {
	m.t.Helper()
	m.program("bin/go", `case $1 in
env) echo "$2"; exit ;;
list)
  i=0
  while [ $i -lt 247 ]; do i=$((i+1)); echo "go: downloading example.com/module$i v1.0.0" >&2; done
  printf 'example.com/a\nexample.com/b\nexample.com/c/v2\n'
  exit ;;
esac
while [ $# -gt 0 ]; do if [ "$1" = -o ]; then out=$2; fi; shift; done
printf 'example.com/a\nexample.com/b\nexample.com/c/v2\n' >&2
echo >"$out"; chmod 700 "$out"
`+end)
}

func (m *machine) command(script string, env ...string) *exec.Cmd {
	cmd := exec.Command("./" + script)
	cmd.Env = append(m.env, env...)
	return cmd
}

func (m *machine) run(script string, env ...string) (stdout, stderr string, err error) {
	m.t.Helper()
	cmd := m.command(script, env...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return strings.TrimSpace(strings.ReplaceAll(out.String(), m.root, "")),
		strings.ReplaceAll(errOut.String(), m.root, ""), err
}

// kubernetes is the version that the sandbox is made for.
func kubernetes(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("kubernetes/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`k8s.io/kubernetes (v\S+)`).FindSubmatch(text)
	if match == nil {
		t.Fatal("kubernetes/go.mod requires no k8s.io/kubernetes")
	}
	return string(match[1])
}

func TestServersAreFound(t *testing.T) {
	wanted := kubernetes(t)
	minor := wanted[:strings.LastIndex(wanted, ".")]
	for name, c := range map[string]struct {
		set    func(*machine)
		env    []string // ROOT/ is the machine's
		stdout string
		stderr []string
		fails  bool
		edge   bool // there is what edge clusters need
	}{
		"EDGE_SANDBOX_SERVERS": {
			set:    func(m *machine) { m.servers("named", wanted, "3.7.2") },
			env:    []string{"EDGE_SANDBOX_SERVERS=ROOT/named"},
			stdout: "/named", stderr: []string{"using the servers of EDGE_SANDBOX_SERVERS (/named), " + wanted},
		},
		"EDGE_SANDBOX_SERVERS without etcd": {
			set: func(m *machine) { m.servers("bin", wanted, "3.7.2") },
			env: []string{"EDGE_SANDBOX_SERVERS=ROOT/named"},
			stderr: []string{"passed over EDGE_SANDBOX_SERVERS (/named): there is no etcd",
				"error: EDGE_SANDBOX_SERVERS",
				"hint: "},
			fails: true,
		},
		"KUBEBUILDER_ASSETS": {
			set:    func(m *machine) { m.servers("assets", minor+".0", "3.6.4") },
			env:    []string{"KUBEBUILDER_ASSETS=ROOT/assets"},
			stdout: "/assets", stderr: []string{"using the servers of KUBEBUILDER_ASSETS (/assets), " + minor + ".0",
				"there is no kube-controller-manager; hack/servers.sh builds one"},
		},
		"kube-controller-manager on PATH": {
			set: func(m *machine) {
				m.servers("bin", wanted, "3.7.2")
				m.program("bin/kube-controller-manager", "exit 9")
				m.goTool("exit 9")
			},
			stdout: "/cache/path-", stderr: []string{"using the servers on PATH"}, edge: true,
		},
		"KUBEBUILDER_ASSETS of another version, and PATH": {
			set: func(m *machine) {
				m.servers("assets", "v1.31.0", "3.5.1")
				m.servers("bin", wanted, "3.7.2")
				m.goTool("exit 9")
			},
			env: []string{"KUBEBUILDER_ASSETS=ROOT/assets"}, stdout: "/cache/path-",
			stderr: []string{"passed over KUBEBUILDER_ASSETS (/assets): kube-apiserver is v1.31.0, and the sandbox " +
				"is made for v",
				"using the servers on PATH (/bin/kube-apiserver, /bin/etcd), " + wanted},
		},
		"an etcd on PATH that is too old": {
			set:    func(m *machine) { m.servers("bin", wanted, "3.5.21"); m.goTool("") },
			stdout: "/cache/servers-", stderr: []string{"PATH (/bin/kube-apiserver): etcd is v3.5.21, and v3.6 or " +
				"later is needed",
				"building the servers", "built kube-apiserver in "},
		},
		"nothing": {
			set: func(m *machine) { m.goTool("") }, stdout: "/cache/servers-",
			stderr: []string{"building the servers", "etcd: downloaded 247 modules",
				"kube-controller-manager: compiled 3 of 3 packages"}, edge: true,
		},
		"a build that fails": {
			set: func(m *machine) {
				m.goTool("echo '# example.com/c/v2' >&2; echo 'c.go:3:1: syntax error' >&2; " +
					"exit 1")
			},
			stderr: []string{"# example.com/c/v2\nc.go:3:1: syntax error\n"}, fails: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			c.set(m)
			for i := range c.env {
				c.env[i] = strings.Replace(c.env[i], "ROOT", m.root, 1)
			}
			stdout, stderr, err := m.run("find-servers.sh", c.env...)
			if (err != nil) != c.fails || (c.stdout == "") != (stdout == "") || !strings.HasPrefix(stdout, c.stdout) {
				t.Errorf("got %q (%v), want %q\n%s", stdout, err, c.stdout, stderr)
			}
			for _, want := range c.stderr {
				if !strings.Contains(stderr, want) {
					t.Errorf("stderr does not say %q:\n%s", want, stderr)
				}
			}
			if strings.Contains(stderr, "go: downloading") || strings.Contains(stderr, "\x1b") {
				t.Errorf("stderr has downloads or escapes in it:\n%s", stderr)
			}
			if stdout == "" {
				return
			}
			programs := []string{"etcd", "kube-apiserver", "kubectl"}
			if c.edge {
				programs = append(programs, "kube-controller-manager")
				if strings.Contains(stderr, "edge clusters will not start") {
					t.Errorf("stderr says that something is missing:\n%s", stderr)
				}
			}
			for _, program := range programs {
				if _, err := exec.LookPath(filepath.Join(m.root, stdout, program)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestBuiltServersAreUsedAgain: also by someone who has others on PATH, since these are of the very version.
func TestBuiltServersAreUsedAgain(t *testing.T) {
	m := newMachine(t)
	m.goTool("")
	built, _, err := m.run("servers.sh")
	if err != nil {
		t.Fatal(err)
	}
	m.goTool("exit 9")
	m.servers("bin", kubernetes(t), "3.7.2")
	if got, stderr, err := m.run("find-servers.sh"); err != nil || got != built || stderr != "" {
		t.Errorf("got %q (%v), want %q\n%s", got, err, built, stderr)
	}
}

// TestBuildOnATerminal: one line that is rewritten and then gone, and Ctrl-C leaves nothing.
func TestBuildOnATerminal(t *testing.T) {
	m := newMachine(t)
	m.goTool("")
	shown, err := m.onTerminal("servers.sh", "", "")
	if err != nil {
		t.Fatalf("%v\n%q", err, shown)
	}
	for _, want := range []string{"\retcd: downloaded 247 modules\x1b[K",
		"\retcd: compiled 3 of 3 packages\x1b[K\r\x1b[K",
		"built kube-apiserver in "} {
		if !strings.Contains(shown, want) {
			t.Errorf("the terminal did not show %q:\n%q", want, shown)
		}
	}
	if lines := strings.Count(shown, "\n"); lines > 9 { // two of each program, and the folder
		t.Errorf("%d lines:\n%q", lines, shown)
	}

	m = newMachine(t)
	m.goTool("exec sleep 1000")
	shown, err = m.onTerminal("find-servers.sh", "compiled 3 of 3", "\x03")
	if err == nil {
		t.Errorf("an interrupted build succeeded:\n%q", shown)
	}
	if !strings.HasSuffix(shown, "^C\r\x1b[K") {
		t.Errorf("Ctrl-C left something on the terminal: %q", shown)
	}
	left, err := filepath.Glob(filepath.Join(m.root, "cache/*/[^.]*"))
	if err != nil || len(left) > 0 {
		t.Errorf("Ctrl-C left %q (%v)", left, err)
	}
}

// onTerminal runs a script on a terminal, on which somebody types keys once it shows until, and returns what it showed.
func (m *machine) onTerminal(script, until, keys string) (string, error) {
	m.t.Helper()
	cmd := m.command(script)
	terminal, err := pty.Start(cmd)
	if err != nil {
		m.t.Fatal(err)
	}
	defer terminal.Close()
	var shown strings.Builder
	data := make([]byte, 4096)
	for {
		n, err := terminal.Read(data)
		shown.Write(data[:n])
		if keys != "" && strings.Contains(shown.String(), until) {
			if _, err := io.WriteString(terminal, keys); err != nil {
				m.t.Fatal(err)
			}
			keys = ""
		}
		if err != nil { // Linux: EIO, once every program has closed it
			break
		}
	}
	return shown.String(), cmd.Wait()
}
