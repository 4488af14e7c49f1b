//go:build system && !windows

package docs_test

import (
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestReadmeKubeconfigs has the real CLI and ours make the two kubeconfigs that the README's first screen compares, and
// compares them with what it shows.
func TestReadmeKubeconfigs(t *testing.T) {
	env := people(t)
	shown := readmeKubeconfigs(t)[:2]
	run := func(words ...string) string {
		t.Helper()
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Env = env
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%q: %v\n%s", words, err, out)
		}
		return string(out)
	}
	id := []string{"--project-id", variable(env, "EDGE_SANDBOX_PROJECT_ID"), "--name", "demo"}
	run("stackit", "auth", "activate-service-account", "--service-account-key-path", variable(env, "KEY"))
	run("kubectl-edge", "login", "--service-account-key", variable(env, "KEY"))
	for i, words := range [][]string{
		{"stackit", "beta", "edge-cloud", "kubeconfig", "create", "--disable-writing", "-o", "yaml"},
		{"kubectl-edge", "kubeconfig", "create", "-o", "yaml"},
	} {
		text := run(append(words, id...)...)
		var made any
		if err := yaml.Unmarshal([]byte(text), &made); err != nil {
			t.Fatal(err)
		}
		if whole, ok := made.(map[string]any)["kubeconfig"]; ok { // the API's answer, as the CLI prints it
			made = whole
		}
		if !within(shown[i], made) {
			secret := regexp.MustCompile(`(token: .{40}).*`)
			t.Errorf("%s makes\n%s\nand the README shows %v", words[0],
				secret.ReplaceAllString(text, "$1…"), shown[i])
		}
		if hasToken := strings.Contains(text, "token: "); hasToken != (i == 0) {
			t.Errorf("%s makes a kubeconfig with a token: %v", words[0], hasToken)
		}
	}
}

// readmeKubeconfigs returns what the README's first screen shows: for an instance and for an edge cluster, each as it
// is without this project and with it.
func readmeKubeconfigs(t *testing.T) []map[string]any {
	t.Helper()
	first, _, _ := strings.Cut(page(t, "../README.md"), "\n## ")
	var shown []map[string]any
	for _, match := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(first, -1) {
		if lines := strings.Count(match[1], "\n"); lines > 6 {
			t.Errorf("%d lines are more than six:\n%s", lines, match[1])
		}
		var part map[string]any
		if err := yaml.Unmarshal([]byte(match[1]), &part); err != nil {
			t.Fatal(err)
		}
		shown = append(shown, part)
	}
	if len(shown) != 4 {
		t.Fatalf("the README shows %d kubeconfigs, not two before and two after", len(shown))
	}
	return shown
}

// readmeEdgeCluster compares the kubeconfigs of an edge cluster that the README shows with those that there are, on a
// machine where somebody is logged in and the edge cluster runs.
func (m *machine) readmeEdgeCluster(t *testing.T) {
	t.Helper()
	for i, command := range []string{
		"kubectl edge use demo >&2 && kubectl get secret berlin-kubeconfig -o jsonpath={.data.value} | base64 -d",
		"kubectl edge kubeconfig create --name demo --cluster berlin --bind -o yaml",
	} {
		cmd := exec.CommandContext(t.Context(), "bash", "-o", "pipefail", "-c", command)
		cmd.Dir, cmd.Env = m.dir, m.env
		text, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		var made any
		if err := yaml.Unmarshal(text, &made); err != nil {
			t.Fatal(err)
		}
		if shown := readmeKubeconfigs(t)[2+i]; !within(shown, made) {
			secret := regexp.MustCompile(`(client-[a-z-]*data: .{20}).*`)
			t.Errorf("%s prints\n%s\nand the README shows %v", command,
				secret.ReplaceAllString(string(text), "$1…"), shown)
		}
	}
}

// within reports whether what is shown is a part of what there is. An ellipsis stands for more.
func within(shown, all any) bool {
	switch shown := shown.(type) {
	case map[string]any:
		all, ok := all.(map[string]any)
		for key, value := range shown {
			ok = ok && within(value, all[key])
		}
		return ok
	case []any:
		all, ok := all.([]any)
		for _, value := range shown {
			ok = ok && (value == "…" || slices.ContainsFunc(all, func(a any) bool { return within(value, a) }))
		}
		return ok && (slices.Contains(shown, any("…")) || len(shown) == len(all))
	case string:
		all, ok := all.(string)
		start, more := strings.CutSuffix(shown, "…")
		return ok && (shown == all || more && strings.HasPrefix(all, start))
	}
	return reflect.DeepEqual(shown, all)
}

// TestWithin checks what counts as shown truly.
func TestWithin(t *testing.T) {
	all := map[string]any{"a": []any{"x=1", "y"}, "b": "eyJabc"}
	for _, c := range []struct {
		shown any
		good  bool
	}{
		{map[string]any{"a": []any{"x=1", "…"}}, true},
		{map[string]any{"a": []any{"x=1"}}, false},
		{map[string]any{"a": []any{"x=2", "…"}}, false},
		{map[string]any{"b": "eyJ…"}, true},
		{map[string]any{"b": "eyJ"}, false},
		{map[string]any{"c": "eyJ"}, false},
	} {
		if got := within(c.shown, all); got != c.good {
			t.Errorf("%v: %v", c.shown, got)
		}
	}
}
