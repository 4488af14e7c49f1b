//go:build unix

package main

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// fleetOwner has a project with three active instances, and is logged in.
func fleetOwner(t *testing.T) *person {
	t.Helper()
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	for _, name := range []string{"site00", "site01"} {
		p.sandbox.AddInstance(sandbox.Instance{ID: name + "-3714d85", DisplayName: name})
	}
	if code, _, stderr := p.exec(nil, "kubectl-edge", "config", "set", "project-id", sandbox.ProjectID); code != 0 {
		t.Fatal(stderr)
	}
	return p
}

// lines are those that are left on the terminal in the end.
func (r *terminal) lines() []string {
	var lines []string
	for line := range strings.Lines(r.all.String()) {
		line = strings.TrimRight(line, "\r\n")
		lines = append(lines, line[strings.LastIndex(line, "\r")+1:])
	}
	return lines
}

// On a terminal a bar tells how many instances have been asked. It makes room for what failed and what was written.
func TestCreateAllOnTerminal(t *testing.T) {
	p := fleetOwner(t)
	path := "/edge/v1beta1/projects/" + sandbox.ProjectID + "/regions/" + sandbox.Region +
		"/instances/site01-3714d85/kubeconfig"
	if err := p.sandbox.Inject(sandbox.Fault{Preset: "hang", Path: path}); err != nil {
		t.Fatal(err)
	}
	r := p.onTerminal("kubectl-edge", "kubeconfig", "create", "--all", "--no-wait")
	r.sees("0/4")
	r.sees("1/4")
	r.sees("3/4")
	p.sandbox.ClearFaults() // which closes the connection
	if code := r.ends(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	want := []string{
		"^.*error: create kubeconfig for instance plant-3714d85 .* is not ready yet \\(reconciling\\)$",
		"^hint: ",
		"^error: create kubeconfig for instance site01-3714d85 of project .*: EOF$",
		"^hint: ",
		`^Wrote context "edge_eu01_demo-3714d85" `,
		`^Wrote context "edge_eu01_site00-3714d85" `,
		"^Use them with: ",
		"^error: 2 of 4 contexts not created: plant-3714d85, site01-3714d85$",
	}
	lines := r.lines()
	matches := func(want, line string) bool { return regexp.MustCompile(want).MatchString(line) }
	if !slices.EqualFunc(want, lines, matches) {
		t.Errorf("the terminal shows\n%s\nwant lines like\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	config, err := clientcmd.LoadFromFile(p.env.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(config.Contexts)); !slices.Equal(got,
		[]string{"edge_eu01_demo-3714d85", "edge_eu01_site00-3714d85"}) {
		t.Errorf("contexts %q", got)
	}
}

// A refusal that is waited out is reported above the bar.
func TestCreateAllWaitsOnTerminal(t *testing.T) {
	p := fleetOwner(t)
	if err := p.sandbox.Inject(sandbox.Fault{Preset: "too-many-requests", Method: http.MethodGet,
		Path: "/edge/*/*/*/*/*/*/*/kubeconfig", Times: 2}); err != nil {
		t.Fatal(err)
	}
	r := p.onTerminal("kubectl-edge", "kubeconfig", "create", "--all", "--no-wait")
	if code := r.ends(); code != 1 { // one gives out no credentials
		t.Errorf("exit code %d:\n%s", code, r.all.String())
	}
	reported := 0
	for _, line := range r.lines() {
		if regexp.MustCompile(`^\x1b\[Kinstance \S+: too many requests, asking again in about 1s$`).MatchString(line) {
			reported++
		}
	}
	if reported != 2 {
		t.Errorf("reported %d times, want 2:\n%q", reported, r.all.String())
	}
}

// Each instance has a colour of its own, on a terminal whose user wants colours. What goes elsewhere has none.
func TestEachOnTerminal(t *testing.T) {
	p := fleetOwner(t)
	// One of the four gives out no credentials, so the exit code is 1.
	if code, _, stderr := p.exec(nil, "kubectl-edge", "kubeconfig", "create", "--all", "--no-wait"); code != 1 {
		t.Fatalf("exit code %d:\n%s", code, stderr)
	}
	kubectl := "#!/bin/sh\necho out\necho err >&2\n"
	if err := os.WriteFile(filepath.Join(p.env.WorkDir, "bin", "kubectl"), []byte(kubectl), 0o700); err != nil {
		t.Fatal(err)
	}
	coloured := []string{}
	for i, name := range []string{"demo  ", "site00", "site01"} {
		for _, stream := range []string{"err", "out"} {
			coloured = append(coloured, fmt.Sprintf("\x1b[%dm%s | \x1b[0m%s", []int{36, 33, 32}[i], name,
				stream))
		}
	}
	plain := []string{}
	for _, line := range coloured {
		plain = append(plain, regexp.MustCompile(`\x1b\[\d*m`).ReplaceAllString(line, ""))
	}
	each := "kubectl-edge each --all -- describe nodes"
	for command, want := range map[string][]string{
		each:                 coloured,
		"NO_COLOR=1 " + each: plain,
		"TERM=dumb " + each:  plain,
		each + " | cat":      {coloured[0], plain[1], coloured[2], plain[3], coloured[4], plain[5]},
		each + " 2>&1 | cat": plain,
	} {
		r := p.onTerminal("sh", "-c", command)
		if code := r.ends(); code != 0 {
			t.Errorf("%s: exit code %d", command, code)
		}
		byName := func(a, b string) int { // as the contexts run at once
			strip := func(s string) string { return regexp.MustCompile(`\x1b\[\d*m`).ReplaceAllString(s, "") }
			return strings.Compare(strip(a), strip(b))
		}
		want = slices.SortedFunc(slices.Values(want), byName)
		if got := slices.SortedFunc(slices.Values(r.lines()), byName); !slices.Equal(got, want) {
			t.Errorf("%s shows\n%q\nwant\n%q", command, got, want)
		}
	}
}

// Who waits for an answer sees what for, and Ctrl-C ends it.
func TestSlowAnswerOnTerminal(t *testing.T) {
	p := fleetOwner(t)
	if err := p.sandbox.Inject(sandbox.Fault{Preset: "hang", Path: "/edge/"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.sandbox.ClearFaults)
	r := p.onTerminal("kubectl-edge", "instance", "list")
	r.sees("waiting for localhost:")
	r.sees("(2s)")
	r.types("\x03")
	if code := r.ends(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	for _, line := range r.lines() {
		if strings.Contains(line, "waiting for") && !strings.HasSuffix(line, "\x1b[K") {
			t.Errorf("the line stays: %q", line)
		}
	}
}
