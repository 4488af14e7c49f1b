//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// uses fails the test unless the current context is that of the instance, and the profile has the project.
func (p *person) uses(instance, project string) {
	p.t.Helper()
	config, err := clientcmd.LoadFromFile(p.env.Getenv("KUBECONFIG"))
	if err != nil {
		p.t.Fatal(err)
	}
	if want := "edge_eu01_" + instance; config.CurrentContext != want || config.Contexts[want] == nil {
		p.t.Errorf("current context %q, want %q", config.CurrentContext, want)
	}
	settings, err := profile.Load(p.dirs())
	if err != nil || settings.Profiles[profile.DefaultName].ProjectID != project {
		p.t.Errorf("profile %+v, %v; want the project in it", settings.Profiles[profile.DefaultName], err)
	}
}

// changedNothing fails the test if there is a kubeconfig, or a project in the profile.
func (p *person) changedNothing() {
	p.t.Helper()
	if _, err := os.Stat(p.env.Getenv("KUBECONFIG")); !os.IsNotExist(err) {
		p.t.Errorf("there is a kubeconfig: %v", err)
	}
	settings, err := profile.Load(p.dirs())
	if err != nil || settings.Profiles[profile.DefaultName].ProjectID != "" {
		p.t.Errorf("profile %+v, %v; want no project in it", settings.Profiles[profile.DefaultName], err)
	}
}

// A person chooses project and instance from lists, and can use the instance at once.
func TestUseAsks(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	for round := range 5 { // each key counts, however soon it is pressed after a list was shown
		r := p.onTerminal("kubectl-edge", "use")
		lists := []string{"factory-floor", sandbox.InstanceID}
		if round > 0 { // the project is in the profile by then
			lists = lists[1:]
		}
		for _, listed := range lists {
			r.sees(listed)
			r.sees("Enter: choose") // what the list shows last
			r.types(enter)
		}
		if code := r.ends(); code != 0 {
			t.Fatalf("exit code %d:\n%s", code, r.all.String())
		}
	}
	p.uses(sandbox.InstanceID, sandbox.ProjectID)
}

// A person whose project is known can choose another one, too.
func TestUseAnotherProject(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	if code, _, stderr := p.run("config", "set", "project-id", sandbox.ProjectID); code != 0 {
		t.Fatal(stderr)
	}
	p.sandbox.AddInstance(sandbox.Instance{ID: "mill-98f8404", DisplayName: "mill", ProjectID: sandbox.OtherProjectID})
	r := p.onTerminal("kubectl-edge", "use")
	r.sees(sandbox.InstanceID)
	r.sees("Enter: choose")
	r.types("another" + enter)
	r.sees("retired")
	r.sees("Enter: choose")
	r.types("factory" + enter)
	r.sees("mill-98f8404")
	r.sees("Enter: choose")
	r.types(enter)
	if code := r.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, r.all.String())
	}
	p.uses("mill-98f8404", sandbox.OtherProjectID)
}

// Where a profile is meant, and none is named, a person chooses it. The current one cannot be deleted, and Esc leaves
// all as it is.
func TestProfileAsks(t *testing.T) {
	p := newPerson(t)
	for _, name := range []string{"home", "work"} {
		if code, _, stderr := p.run("profile", "create", name); code != 0 {
			t.Fatal(stderr)
		}
	}
	for _, step := range []struct {
		command string
		keys    []string // each after the list was drawn
		sees    string   // after the last
		code    int
		left    string // NAMEs, the current one with *
	}{
		{"use", []string{"wor" + enter}, "The current profile is work.", 0, "default home work*"},
		{"use", []string{"\x1b"}, "", 130, "default home work*"},
		{"delete", []string{"work" + enter, ctrlC}, "cannot be chosen: the current one", 130, "default home work*"},
		{"delete", []string{"home" + enter}, "Deleted profile home.", 0, "default work*"},
	} {
		r := p.onTerminal("kubectl-edge", "profile", step.command)
		for i, keys := range step.keys {
			if i == len(step.keys)-1 && i > 0 {
				r.sees(step.sees)
			}
			r.sees("Enter: choose") // what the list shows last
			r.types(keys)
		}
		code := r.ends()
		if code != step.code || !strings.Contains(r.all.String(), step.sees) {
			t.Errorf("profile %s, %q: exit code %d, want %d:\n%s", step.command, step.keys, code, step.code,
				r.all.String())
		}
		_, stdout, _ := p.run("profile", "list", "-o", `jsonpath={range .items[*]}{.profile}{.current} {end}`)
		left := strings.NewReplacer("false", "", "true", "*").Replace(strings.TrimSpace(stdout))
		if left != step.left {
			t.Errorf("profile %s, %q: there are %q, want %q", step.command, step.keys, left, step.left)
		}
	}
	if code, _, stderr := p.run("profile", "use"); code != 2 || !strings.Contains(stderr, "error: which profile?") {
		t.Errorf("without a terminal: exit code %d:\n%s", code, stderr)
	}
}

// A command that changes or deletes an instance asks which, where nobody has named one.
func TestDeleteAsks(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	if code, _, stderr := p.run("use", sandbox.InstanceName, "--project-id", sandbox.ProjectID); code != 0 {
		t.Fatal(stderr)
	}
	r := p.onTerminal("kubectl-edge", "instance", "delete", "--yes", "--no-wait")
	r.sees("Enter: choose")
	r.types("plant" + enter)
	if code := r.ends(); code != 0 || !strings.Contains(r.all.String(), sandbox.ReconcilingID+" is being deleted") {
		t.Errorf("exit code %d:\n%s", code, r.all.String())
	}
}

// Who names nothing to remove chooses contexts: with Tab several, else, after a second Enter, one.
func TestRemoveChooses(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	for i := range 3 {
		name := fmt.Sprintf("site0%d", i)
		p.sandbox.AddInstance(sandbox.Instance{ID: name + "-3714d85", DisplayName: name})
	}
	if code, _, stderr := p.run("kubeconfig", "create", "site00", "site01", "site02", "demo", "--project-id",
		sandbox.ProjectID); code != 0 {
		t.Fatal(stderr)
	}
	for _, step := range []struct {
		keys, says string
		code       int
	}{
		{"\x1b", "Remove: ", 130},
		{enter + "\x1b", "none is marked: Enter again to remove edge_eu01_", 130},
		{"site\t\t" + enter, "Remove: edge_eu01_site00-3714d85, edge_eu01_site01-3714d85", 0},
		{"site02" + enter + enter, `Removed context "edge_eu01_site02-3714d85".`, 0},
	} {
		r := p.onTerminal("kubectl-edge", "kubeconfig", "remove")
		r.sees("Tab: mark")
		r.types(step.keys)
		if code := r.ends(); code != step.code || !strings.Contains(r.all.String(), step.says) {
			t.Errorf("%q: exit code %d:\n%s", step.keys, code, r.all.String())
		}
	}
	config, err := os.ReadFile(p.env.Getenv("KUBECONFIG"))
	if err != nil || bytes.Contains(config, []byte("site0")) || !bytes.Contains(config, []byte("demo-3714d85")) {
		t.Errorf("there is, with %v:\n%s", err, config)
	}
}

// A person types a part of what a list shows: the folder where names repeat, and an id, also with keys that were typed
// before the list was there.
func TestUseFilters(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	p.sandbox.AddInstance(sandbox.Instance{ID: "press-77777ab", DisplayName: "press",
		ProjectID: sandbox.NamesakeProjectID})
	p.sandbox.AddInstance(sandbox.Instance{ID: "lathe-88888cd", DisplayName: "lathe",
		ProjectID: sandbox.NamesakeProjectID})
	r := p.onTerminal("kubectl-edge", "use")
	r.sees("Enter: choose")
	r.types("other-fol" + enter + "88cd" + enter)
	if code := r.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, r.all.String())
	}
	p.uses("lathe-88888cd", sandbox.NamesakeProjectID)
	for _, stays := range []string{"Project: YOUR-PROJECT, other-folder-3Kd9xWq, " + sandbox.NamesakeProjectID,
		"Instance: lathe, lathe-88888cd, active"} {
		if !strings.Contains(r.all.String(), "\n"+stays+"\r") && !strings.Contains(r.all.String(), stays+"\r") {
			t.Errorf("%q does not stay:\n%q", stays, r.all.String())
		}
	}
}

// A person who changes their mind changes nothing, and nothing is said about it, whatever key it was.
func TestUseIsAbandoned(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	for name, key := range map[string]string{"Esc": "\x1b", "q": "q", "Ctrl-C": ctrlC, "Ctrl-D": "\x04",
		"Esc in a filter": "fac\x1b", "Ctrl-C in a filter": "q/" + ctrlC} {
		r := p.onTerminal("kubectl-edge", "use")
		r.sees("Enter: choose")
		r.types(key)
		code := r.ends()
		last := r.all.String()[strings.LastIndex(r.all.String(), "\x1b[J"):]
		if code != 130 || last != "\x1b[J\x1b[?2004l\x1b[?25h" {
			t.Errorf("%s: exit code %d, and in the end %q", name, code, last)
		}
	}
	p.changedNothing()

	r := p.onTerminal("kubectl-edge", "use", "--project-id", sandbox.NamesakeProjectID)
	if code := r.ends(); code != 1 || !strings.Contains(r.all.String(), "no instances in project") {
		t.Errorf("exit code %d:\n%s", code, r.all.String())
	}

	// Nor does one who has chosen a project, and then no instance of it.
	r = p.onTerminal("kubectl-edge", "use")
	r.sees("Enter: choose")
	r.types(enter)
	r.sees(sandbox.InstanceID)
	r.types(ctrlC)
	if code := r.ends(); code != 130 || strings.Contains(r.all.String(), "error:") {
		t.Errorf("exit code %d:\n%s", code, r.all.String())
	}
	p.changedNothing()
}

// A project without instances leads back to the projects, which say why it cannot be chosen any more; so do those that
// never could.
func TestUseLeadsBack(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	r := p.onTerminal("kubectl-edge", "use")
	r.sees("retired")
	r.sees("(inactive)")
	r.sees("Enter: choose")
	r.types("factory" + enter)
	r.sees("(no instances)")
	r.sees("no instances in project " + sandbox.OtherProjectID)
	r.types(enter)
	r.sees("cannot be chosen: no instances")
	r.types("\x15retired" + enter)
	r.sees("cannot be chosen: inactive")
	r.types("\x15" + sandbox.ProjectID + enter)
	r.sees(sandbox.InstanceID)
	r.types(enter)
	if code := r.ends(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, r.all.String())
	}
	p.uses(sandbox.InstanceID, sandbox.ProjectID)
}

// Where a terminal cannot be drawn on, or a person has a screen reader, the rows are numbered, and nothing is drawn.
func TestUseByNumber(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	for _, environment := range []string{"TERM=dumb", "TERM=", "ACCESSIBLE=1"} {
		r := p.onTerminal("env", environment, "kubectl-edge", "use")
		r.sees("Project: 4 to choose from")
		r.sees("3. retired, id 12345678-dddd-4bcd-8ddd-123456789abc (cannot be chosen: inactive)")
		r.sees("(nothing: leave):")
		for _, answer := range []struct{ typed, sees string }{
			{"zzz", `Nothing fits "zzz".`},
			{"3", "retired cannot be chosen: inactive"},
			{"YOUR", "4. YOUR-PROJECT, folder other-folder-3Kd9xWq"},
			{"1", "Project: YOUR-PROJECT"},
			{"plant", "Instance: plant"},
		} {
			r.types(answer.typed + "\n")
			r.sees(answer.sees)
		}
		r.types(ctrlC) // it reconciles, and is waited for
		if code := r.ends(); code != 130 || strings.Contains(r.all.String(), "\x1b[?25") {
			t.Errorf("%s: exit code %d:\n%q", environment, code, r.all.String())
		}
	}
	for name, key := range map[string]string{"nothing": "\n", "q": "q\n", "Ctrl-D": "\x04", "Ctrl-C": ctrlC} {
		r := p.onTerminal("env", "TERM=dumb", "kubectl-edge", "use")
		r.sees("(nothing: leave):")
		r.types(key)
		code := r.ends()
		if said := r.all.String()[r.from:]; code != 130 || strings.Contains(said, "error") {
			t.Errorf("%s: exit code %d, %q", name, code, said)
		}
	}
}

// The terminal is given back as it was, also when a signal ends the list; and to the shell, on Ctrl-Z.
func TestUseGivesTheTerminalBack(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	const script = `set -m; before=$(stty -g)
		sh -c 'echo $$ >pid; exec kubectl-edge use'; echo "code $?"
		test "$before" = "$(stty -g)" && echo "as before"`
	for name, end := range map[string]struct {
		by   func(r *terminal)
		code string
	}{
		"Esc":     {func(r *terminal) { r.types("\x1b") }, "code 130"},
		"Enter":   {func(r *terminal) { r.types("\x1b[H" + enter); r.sees("Instance"); r.types(ctrlC) }, "code 130"},
		"SIGTERM": {func(r *terminal) { p.signals(syscall.SIGTERM) }, "code 130"},
		"SIGHUP":  {func(r *terminal) { p.signals(syscall.SIGHUP) }, "code 130"},
	} {
		r := p.onTerminal("sh", "-c", script)
		r.sees("Enter: choose")
		end.by(r)
		r.sees(end.code)
		r.sees("as before")
		if r.ends(); strings.Count(r.all.String(), "\x1b[?2004h") != strings.Count(r.all.String(), "\x1b[?2004l") {
			t.Errorf("%s: bracketed paste stays on: %q", name, r.all.String())
		}
	}

	r := p.onTerminal("sh", "-c", script+`; fg; echo "code $?"`)
	r.sees("Enter: choose")
	r.types("fac\x1a")
	r.sees("code 148") // SIGTSTP stopped it
	r.sees("as before")
	r.sees("\x1b[0mfac") // goes on where it was
	r.sees("factory-floor")
	r.types("\x1b")
	r.sees("code 130")
	r.ends()
}

// Where no shell could go on with it, Ctrl-Z does not stop it, and the list stays.
func TestUseIsNotStoppedWithoutAShell(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	r := p.onTerminal("kubectl-edge", "use") // leads a session
	r.sees("Enter: choose")
	r.types("\x1a")
	r.sees("Enter: choose")
	r.types("fac")
	r.sees("factory-floor")
	r.types("\x1b")
	if code := r.ends(); code != 130 {
		t.Errorf("exit code %d:\n%q", code, r.all.String())
	}
}

// signals sends one to the program that wrote its process' id.
func (p *person) signals(s syscall.Signal) {
	p.t.Helper()
	id, err := os.ReadFile(filepath.Join(p.env.WorkDir, "pid"))
	if err != nil {
		p.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(id)))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := syscall.Kill(pid, s); err != nil {
		p.t.Fatal(err)
	}
}

// A list fits a terminal of any size, and is drawn again when that changes.
func TestUseFitsTheTerminal(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	r := p.onTerminal("kubectl-edge", "use")
	r.sees("Enter: choose  Esc or q: leave  type to filter  arrows")
	if err := pty.Setsize(r.file, &pty.Winsize{Rows: 12, Cols: 60}); err != nil {
		t.Fatal(err)
	}
	r.sees("12345678-ffff-4bcd-…")
	r.sees("Enter: choose  Esc or q: leave  type to filter\x1b")
	if err := pty.Setsize(r.file, &pty.Winsize{Rows: 5, Cols: 20}); err != nil {
		t.Fatal(err)
	}
	r.sees("\x1b[J")
	r.types("retired")
	r.sees("(inacti…")
	r.types(ctrlC)
	r.ends()
}

// What is not asked on a terminal, both ways, is not asked, but an error.
func TestUseWantsATerminal(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	for _, redirected := range []string{"</dev/null", "2>log; cat log", "<&-"} {
		r := p.onTerminal("sh", "-c", "kubectl-edge use "+redirected)
		r.sees("error: which instance? there is no terminal to choose it on")
		r.ends()
	}
	r := p.onTerminal("sh", "-c", "NO_COLOR=1 kubectl-edge use")
	r.sees("Enter: choose")
	r.types("q")
	r.ends()
	if regexp.MustCompile(`\x1b\[[0-9;]*m`).MatchString(r.all.String()) {
		t.Errorf("it is coloured: %q", r.all.String())
	}
}
