//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// While servers are silent, doctor shows what it knows and whom it waits for. Ctrl-C ends it with the rest.
func TestDoctorShowsWhatIsKnown(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	if err := p.sandbox.Inject(sandbox.Fault{Path: "/edge/", Hang: true}); err != nil {
		t.Fatal(err)
	}
	r := p.onTerminal("kubectl-edge", "doctor", "--project-id", sandbox.ProjectID)
	r.sees("kuberc: ")
	r.sees("waiting for login")
	r.types(ctrlC)
	r.sees("login: not tried: interrupted")
	if code := r.ends(); code != 130 {
		t.Errorf("exit code %d:\n%q", code, r.all.String())
	}
	if all := r.all.String(); strings.Count(all, "kuberc: ") != 1 || strings.Contains(all, "canceled") {
		t.Errorf("it shows %q", all)
	}

	r = p.onTerminal("sh", "-c", "exec kubectl-edge doctor -o json --project-id "+sandbox.ProjectID+" >doctor.json")
	r.sees("waiting for login")
	r.types(ctrlC)
	if code := r.ends(); code != 130 {
		t.Errorf("-o json: exit code %d:\n%q", code, r.all.String())
	}
	data, err := os.ReadFile(filepath.Join(p.env.WorkDir, "doctor.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Items []diagnosis.Check }
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	skipped := map[string]bool{}
	for _, c := range document.Items {
		skipped[c.Name] = c.Status == diagnosis.Skip
	}
	if !skipped["login"] || skipped["kuberc"] {
		t.Errorf("-o json: %s", data)
	}
}
