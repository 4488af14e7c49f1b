//go:build flow

// Package flow plays the way of a person through the programs as they were built for one system: hack/windows.sh runs
// it in Wine, hack/arm64.sh in qemu. The sandbox runs natively, and the test in the environment of edge-sandbox up.
package flow

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/control"
)

const onWindows = runtime.GOOS == "windows"

// world is a person's machine: their folders, and the programs, in a folder whose name is as people's are.
type world struct {
	t          *testing.T
	home       string
	programs   string
	kubeconfig string
	control    *control.Client
	minted     int
}

// ofSandbox is a path that the sandbox names, as this system has it: Wine has the folders of Linux on a drive.
func ofSandbox(t *testing.T, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Fatalf("%s is not set: run this with edge-sandbox up", variable)
	}
	if onWindows {
		return `Z:` + filepath.FromSlash(path)
	}
	return path
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, home: filepath.Join(t.TempDir(), "Jörg Müller"), programs: os.Getenv("FLOW_PROGRAMS")}
	w.kubeconfig = filepath.Join(w.home, ".kube", "my config")
	ca := ofSandbox(t, "EDGE_SANDBOX_CA")
	var err error
	w.control, err = control.New(func(name string) string {
		return map[string]string{"EDGE_SANDBOX_URL": os.Getenv("EDGE_SANDBOX_URL"), "EDGE_SANDBOX_CA": ca}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	w.configure(ca)
	w.expectMinted(-1)
	return w
}

// configure copies the configuration that leads to the sandbox, with the paths of this system.
func (w *world) configure(ca string) {
	w.t.Helper()
	from := filepath.Join(ofSandbox(w.t, "XDG_CONFIG_HOME"), "kubectl-edge", "config.json")
	data, err := os.ReadFile(from)
	if err != nil {
		w.t.Fatal(err)
	}
	path, err := json.Marshal(ca)
	if err != nil {
		w.t.Fatal(err)
	}
	old, err := json.Marshal(os.Getenv("EDGE_SANDBOX_CA"))
	if err != nil {
		w.t.Fatal(err)
	}
	folder := filepath.Join(w.home, "config", "kubectl-edge")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		w.t.Fatal(err)
	}
	data = bytes.ReplaceAll(data, old, path)
	if err := os.WriteFile(filepath.Join(folder, "config.json"), data, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// environ is what a shell of the person gives to programs.
func (w *world) environ() []string {
	set := map[string]string{
		"PATH": w.programs, "KUBECONFIG": w.kubeconfig, "HOME": w.home, "USERPROFILE": w.home,
		"XDG_CONFIG_HOME": filepath.Join(w.home, "config"), "XDG_STATE_HOME": filepath.Join(w.home, "state"),
		"XDG_CACHE_HOME": filepath.Join(w.home, "cache"), "NO_PROXY": "localhost,127.0.0.1",
		"DBUS_SESSION_BUS_ADDRESS": "disabled:",
	}
	for _, kept := range []string{"SystemRoot", "SystemDrive", "TEMP", "TMP", "PATHEXT", "ComSpec", "WINEPREFIX"} {
		if value := os.Getenv(kept); value != "" {
			set[kept] = value
		}
	}
	var env []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		env = append(env, name+"="+set[name])
	}
	return env
}

// start is a command of the person, to be started.
func (w *world) command(program string, args ...string) (cmd *exec.Cmd, out, complaints *bytes.Buffer) {
	if onWindows {
		program += ".exe"
	}
	cmd = exec.CommandContext(w.t.Context(), filepath.Join(w.programs, program), args...)
	out, complaints = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Env, cmd.Stdout, cmd.Stderr = w.environ(), out, complaints
	cmd.Dir = w.home
	return cmd, out, complaints
}

// run runs a command that has to succeed, and returns its output.
func (w *world) run(program string, args ...string) (out, complaints string) {
	w.t.Helper()
	cmd, o, e := w.command(program, args...)
	if err := cmd.Run(); err != nil {
		w.t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, o, e)
	}
	return o.String(), e.String()
}

// fail runs a command that must not succeed, and returns what it complains about.
func (w *world) fail(program string, args ...string) string {
	w.t.Helper()
	cmd, o, e := w.command(program, args...)
	if err := cmd.Run(); err == nil {
		w.t.Fatalf("%s %s succeeded:\n%s%s", program, strings.Join(args, " "), o, e)
	}
	return e.String()
}

// expectMinted checks how many credentials were minted since it was asked the last time; fewer than 0 is any number.
func (w *world) expectMinted(want int) {
	w.t.Helper()
	var stats sandbox.Stats
	if err := w.control.Call(w.t.Context(), http.MethodGet, "/sandbox/stats", nil, &stats); err != nil {
		w.t.Fatal(err)
	}
	if got := stats.Minted() - w.minted; want >= 0 && got != want {
		w.t.Errorf("minted %d, want %d", got, want)
	}
	w.minted = stats.Minted()
}

// files lists the folder of the kubeconfig.
func (w *world) files() string {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(w.kubeconfig))
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, ", ")
}

func (w *world) expect(text, want string) {
	w.t.Helper()
	if !strings.Contains(text, want) {
		w.t.Errorf("got %q, want %q in it", text, want)
	}
}
