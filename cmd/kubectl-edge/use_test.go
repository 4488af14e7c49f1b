//go:build unix

package main

import (
	"os"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// A person chooses project and instance from lists, and can use the instance at once.
func TestUseAsks(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	for range 5 { // each key counts, however soon it is pressed after a list was shown
		r := p.onTerminal("kubectl-edge", "use")
		for _, listed := range []string{"factory-floor", sandbox.InstanceID} {
			r.sees("Ctrl-C leaves everything as it is")
			r.sees(listed)
			r.sees("submit") // what the list shows last
			r.types(enter)
		}
		if code := r.ends(); code != 0 {
			t.Fatalf("exit code %d:\n%s", code, r.all.String())
		}
	}
	config, err := clientcmd.LoadFromFile(p.env.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "edge_eu01_" + sandbox.InstanceID; config.CurrentContext != want || config.Contexts[want] == nil {
		t.Errorf("current context %q, want %q", config.CurrentContext, want)
	}
	settings, err := profile.Load(p.dirs())
	if err != nil || settings.Profiles[profile.DefaultName].ProjectID != sandbox.ProjectID {
		t.Errorf("profile %+v, %v; want the project in it", settings.Profiles[profile.DefaultName], err)
	}
}

// A person who changes their mind changes nothing; a project without instances is said to be one.
func TestUseIsAbandoned(t *testing.T) {
	p := newPerson(t)
	p.logIn("--service-account-key", "admin.json")
	r := p.onTerminal("kubectl-edge", "use")
	r.sees("submit")
	r.presses(ctrlC)
	if code := r.ends(); code != 130 || !strings.Contains(r.all.String(), "nothing was changed") {
		t.Errorf("exit code %d:\n%s", code, r.all.String())
	}
	if _, err := os.Stat(p.env.Getenv("KUBECONFIG")); !os.IsNotExist(err) {
		t.Errorf("there is a kubeconfig: %v", err)
	}

	r = p.onTerminal("kubectl-edge", "use", "--project-id", sandbox.NamesakeProjectID)
	if code := r.ends(); code != 1 || !strings.Contains(r.all.String(), "no instances in project") {
		t.Errorf("exit code %d:\n%s", code, r.all.String())
	}

	// Nor does one who has chosen a project, and then no instance of it.
	r = p.onTerminal("kubectl-edge", "use")
	r.sees("submit")
	r.types(enter)
	r.sees(sandbox.InstanceID)
	r.sees("submit")
	r.presses(ctrlC)
	if code := r.ends(); code != 130 {
		t.Errorf("exit code %d:\n%s", code, r.all.String())
	}
	settings, err := profile.Load(p.dirs())
	if err != nil || settings.Profiles[profile.DefaultName].ProjectID != "" {
		t.Errorf("profile %+v, %v; want no project in it", settings.Profiles[profile.DefaultName], err)
	}
}
