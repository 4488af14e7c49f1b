//go:build system && unix

package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// dimmed is why a namespace cannot be chosen, and dimmedRow how the list shows it, whichever is the longest name there.
const dimmed = "(equals cluster-admin)"

var dimmedRow = regexp.MustCompile(`kube-system\s+\(equals cluster-admin\)`)

// What an edge cluster is asked for that a person ought to think about, they are asked about: a binding that is made, a
// role that equals cluster-admin, and the administrator's own certificate. Who declines has changed nothing.
func TestEdgeClusterOnTerminal(t *testing.T) {
	running := clustertest.Start(t)
	if err := running.EdgeClusters.Start(t.Context(), "berlin"); err != nil {
		t.Fatal(err)
	}
	p := machineOwner(t, running)
	if err := running.EdgeClusters.Add(t.Context(), "bergen"); err != nil { // to choose from, which nobody asks
		t.Fatal(err)
	}
	for _, step := range []struct {
		command []string
		dialog  []string // what is shown, and what is typed then
		code    int
		context string // that is the current one then; "" is none
	}{
		{[]string{"use", "demo/berlin"}, []string{
			"Nobody has the role view in edge cluster demo/berlin yet. Create ClusterRoleBinding kubectl-edge:view, " +
				"which gives it to group kubectl-edge:view? [y/N]", "n"}, 1, ""},
		{[]string{"use", "demo/berlin"}, []string{"kubectl-edge:view? [y/N]", "y",
			"Created ClusterRoleBinding kubectl-edge:view", ""}, 0, "edge_eu01_demo-3714d85_berlin"},
		{[]string{"use", "demo"}, nil, 0, "edge_eu01_demo-3714d85"},
		{[]string{"cluster", "describe"}, []string{"Enter: choose", "berl", "Conditions:", ""}, 0,
			"edge_eu01_demo-3714d85"},
		{[]string{"talos", "--write-to", "berlin.yaml"}, []string{"Enter: choose", ctrlC}, 130,
			"edge_eu01_demo-3714d85"},
		{[]string{"use", "demo/"}, []string{"Enter: choose", "berl"}, 0, "edge_eu01_demo-3714d85_berlin"},
		{[]string{"use", "demo/berlin", "--role", "edit"}, []string{"equals cluster-admin", "",
			dimmed, "", "Enter: choose", ctrlC}, 130, "edge_eu01_demo-3714d85_berlin"},
		{[]string{"kubeconfig", "create", "demo", "--cluster", "berlin,bergen", "--role", "edit"}, []string{
			"Which namespace? (its name, or cluster-admin for the whole cluster):", "n"}, 1,
			"edge_eu01_demo-3714d85_berlin"},
		{[]string{"kubeconfig", "create", "--cluster", "berlin", "--role", "admin"}, []string{
			"Namespace of role admin", ctrlC}, 130, "edge_eu01_demo-3714d85_berlin"},
		{[]string{"use", "demo/berlin", "--role", "edit"}, []string{"Enter: choose", "default",
			"gives it to group kubectl-edge:edit:default? [y/N]", "y"}, 0,
			"edge_eu01_demo-3714d85_berlin_edit_default"},
		{[]string{"use", "demo/berlin", "--role", "veiw"}, []string{"did you mean --role view?", "", "[y/N]", "n"}, 1,
			"edge_eu01_demo-3714d85_berlin_edit_default"},
		{[]string{"use", "demo/berlin", "--role", "edit"}, []string{"Enter: choose", "whole cluster",
			"gives it to group kubectl-edge:cluster-admin? [y/N]", "y"}, 0,
			"edge_eu01_demo-3714d85_berlin_cluster-admin"},
		{[]string{"kubeconfig", "create", "--cluster", "berlin", "--break-glass", "--switch-context"}, []string{
			`Type "berlin" to go on:`, "y"}, 1, "edge_eu01_demo-3714d85_berlin_cluster-admin"},
		{[]string{"kubeconfig", "create", "--cluster", "berlin", "--break-glass", "--switch-context"}, []string{
			"nobody can withdraw it", "", `Type "berlin" to go on:`, "berlin"}, 0,
			"edge_eu01_demo-3714d85_berlin_administrator"},
	} {
		r := p.onTerminal(append([]string{"kubectl-edge"}, step.command...)...)
		for i := 0; i < len(step.dialog); i += 2 {
			r.sees(step.dialog[i])
			if step.dialog[i+1] != "" {
				r.types(step.dialog[i+1] + enter)
			}
		}
		code := r.ends()
		if slices.Contains(step.dialog, dimmed) && !dimmedRow.MatchString(r.all.String()) {
			t.Errorf("%v: namespace kube-system is not the one that is dimmed:\n%s", step.command, r.all.String())
		}
		if code != step.code {
			t.Fatalf("%v: exit code %d, want %d:\n%s", step.command, code, step.code, r.all.String())
		}
		if step.code == 1 && !strings.Contains(r.all.String(), "nothing was changed") {
			t.Errorf("%v: shows\n%s", step.command, r.all.String())
		}
		if step.context == "" {
			if _, err := os.Stat(p.env.Getenv("KUBECONFIG")); !os.IsNotExist(err) {
				t.Errorf("%v: there is a kubeconfig: %v", step.command, err)
			}
		} else if current := strings.TrimSpace(p.must(nil, "kubectl", "config",
			"current-context")); current != step.context {
			t.Errorf("%v: current context %q, want %q", step.command, current, step.context)
		}
	}
}
