//go:build unix

package github_test

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/releasetest"
)

const setupAction = ".github/actions/setup-kubectl-edge"

// runner is a GitHub runner, with the releases of a repository.
type runner struct {
	*releasetest.Releases
	t    *testing.T
	root string
}

func newRunner(t *testing.T) *runner {
	r := &runner{t: t, root: filepath.Join(t.TempDir(), "a runner"), Releases: releasetest.Serve(t)}
	for _, folder := range []string{"bin", "temp"} {
		if err := os.MkdirAll(filepath.Join(r.root, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// release publishes one whose programs say that they are of that version.
func (r *runner) release(version, says string) {
	r.t.Helper()
	programs := map[string]string{}
	for _, program := range []string{"kubectl-edge", "kubectl-edge_credential", "kubectl-sts", "edge-sandbox"} {
		programs[program] = "#!/bin/sh\necho kubectl edge " + says + "\n"
	}
	r.Publish(r.t, version, programs)
}

// gh is a GitHub command line that logs how it was called, and then does what end says.
func (r *runner) gh(end string) {
	r.t.Helper()
	script := "#!/bin/sh\necho \"$@\" >>'" + r.root + "/gh.log'\n" + end + "\n"
	if err := os.WriteFile(filepath.Join(r.root, "bin/gh"), []byte(script), 0o700); err != nil {
		r.t.Fatal(err)
	}
}

// outcome is what a step left.
type outcome struct {
	code           int
	said, gh       string
	path           []string
	version, where string
}

// use runs the steps of the action as GitHub does, with these inputs, by this tag.
func (r *runner) use(ref string, inputs map[string]string) outcome {
	r.t.Helper()
	var action struct {
		Inputs map[string]struct {
			Default string `yaml:"default"`
		} `yaml:"inputs"`
		Runs struct {
			Steps []struct {
				Env   map[string]string `yaml:"env"`
				Run   string            `yaml:"run"`
				Shell string            `yaml:"shell"`
			} `yaml:"steps"`
		} `yaml:"runs"`
	}
	load(r.t, setupAction+"/action.yaml", &action)
	values := map[string]string{"github.action_ref": ref, "github.action_repository": "example/edge",
		"github.token": "secret"}
	for name, input := range action.Inputs {
		values["inputs."+name] = input.Default
		if value, ok := inputs[name]; ok {
			values["inputs."+name] = value
		}
	}
	for name := range inputs {
		if _, ok := action.Inputs[name]; !ok {
			r.t.Fatalf("the action has no input %q", name)
		}
	}
	folder, err := filepath.Abs(filepath.Join(root, setupAction))
	if err != nil {
		r.t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(r.root, name) }
	expression := regexp.MustCompile(`\$\{\{ ([\w.-]+) \}\}`)
	var out outcome
	for _, step := range action.Runs.Steps {
		if step.Shell != "bash" {
			r.t.Fatalf("a step for %q", step.Shell)
		}
		// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax: how shell: bash is called
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		cmd.Env = []string{"PATH=" + file("bin") + ":/usr/bin:/bin", "HOME=" + r.root, "RUNNER_TEMP=" + file("temp"),
			"GITHUB_ACTION_PATH=" + folder, "GITHUB_REPOSITORY=example/user", "GITHUB_PATH=" + file("path"),
			"GITHUB_OUTPUT=" + file("output")}
		for name, value := range step.Env {
			cmd.Env = append(cmd.Env, name+"="+expression.ReplaceAllStringFunc(value, func(e string) string {
				value, ok := values[expression.FindStringSubmatch(e)[1]]
				if !ok {
					r.t.Fatalf("%s of %s: what is %s?", name, setupAction, e)
				}
				return expression.ReplaceAllStringFunc(value, func(e string) string {
					return values[expression.FindStringSubmatch(e)[1]]
				})
			}))
		}
		said, err := cmd.CombinedOutput()
		out.said += string(said)
		if err != nil && cmd.ProcessState == nil {
			r.t.Fatal(err)
		}
		if out.code = cmd.ProcessState.ExitCode(); out.code != 0 {
			break
		}
	}
	read := func(name string) string {
		data, err := os.ReadFile(file(name))
		if err != nil && !os.IsNotExist(err) {
			r.t.Fatal(err)
		}
		return string(data)
	}
	out.gh = read("gh.log")
	for line := range strings.Lines(read("path")) {
		out.path = append(out.path, strings.TrimSuffix(line, "\n"))
	}
	for line := range strings.Lines(read("output")) {
		switch name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "="); name {
		case "version":
			out.version = value
		case "path":
			out.where = value
		}
	}
	return out
}

func TestSetup(t *testing.T) {
	archive := path.Base(releasetest.Archive("v0.1.0"))
	for name, c := range map[string]struct {
		ref    string
		inputs map[string]string
		set    func(*runner)
		want   string // the version that is installed
		says   string
	}{
		"the tag of the action":  {ref: "v0.1.0", want: "v0.1.0", says: "but not where it was built"},
		"a branch of the action": {ref: "main", want: "v0.2.0"},
		"a commit of the action": {ref: "0123456789abcdef0123456789abcdef01234567", want: "v0.2.0"},
		"from its own checkout":  {want: "v0.2.0"},
		"a version":              {ref: "v0.2.0", inputs: map[string]string{"version": "v0.1.0"}, want: "v0.1.0"},
		"a version without v":    {ref: "v0.2.0", inputs: map[string]string{"version": "0.1.0"}, want: "v0.1.0"},
		"latest":                 {ref: "v0.1.0", inputs: map[string]string{"version": "latest"}, want: "v0.2.0"},
		"a version that there is not": {inputs: map[string]string{"version": "v0.9.0"},
			says: "::error::cannot download "},
		"a version that is a path": {inputs: map[string]string{"version": "v0.1.0/../v0.2.0"},
			says: "::error::v0.1.0/../v0.2.0 is no version of a release"},
		"a version of two lines": {inputs: map[string]string{"version": "v0.1.0\nx"},
			says: `::error::$'v0.1.0\nx' is no version of a release`},
		"an archive that was changed": {ref: "v0.1.0", says: "has the checksum ", set: func(r *runner) {
			r.Files[releasetest.Archive("v0.1.0")] = r.Files[releasetest.Archive("v0.2.0")]
		}},
		"an archive without a checksum": {ref: "v0.1.0", says: "does not have " + archive + " once",
			set: func(r *runner) {
				r.Files[releasetest.Sums("v0.1.0")] = r.Files[releasetest.Sums("v0.2.0")]
			}},
		"an archive with two checksums": {ref: "v0.1.0", says: "does not have " + archive + " once",
			set: func(r *runner) {
				sums := r.Files[releasetest.Sums("v0.1.0")]
				r.Files[releasetest.Sums("v0.1.0")] = append(sums, sums...)
			}},
		"checksums with the line ends of Windows": {ref: "v0.1.0", want: "v0.1.0", set: func(r *runner) {
			sums := releasetest.Sums("v0.1.0")
			r.Files[sums] = bytes.ReplaceAll(r.Files[sums], []byte("\n"), []byte("\r\n"))
		}},
		"an archive of another version": {ref: "v0.1.0", says: "holds kubectl edge v0.0.9",
			set: func(r *runner) { r.release("v0.1.0", "v0.0.9") }},
		"gh finds the attestation": {ref: "v0.1.0", want: "v0.1.0", says: "its checksum and where it was built",
			set: func(r *runner) { r.gh("") }},
		"gh finds none": {ref: "v0.1.0", says: "was not built by the release workflow of example/edge",
			set: func(r *runner) { r.gh("echo no attestations >&2; exit 1") }},
		"gh is not asked": {ref: "v0.1.0", inputs: map[string]string{"attestation": "off"}, want: "v0.1.0",
			set: func(r *runner) { r.gh("exit 1") }},
		"gh is missing, and required": {ref: "v0.1.0", inputs: map[string]string{"attestation": "required"},
			says: "gh, which verifies attestations, is not on this runner"},
		"a word that is none": {ref: "v0.1.0", inputs: map[string]string{"attestation": "false"},
			says: "attestation is required, auto or off"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t)
			r.release("v0.1.0", "v0.1.0")
			r.release("v0.2.0", "v0.2.0")
			if c.set != nil {
				c.set(r)
			}
			inputs := map[string]string{"releases": r.URL + "/"}
			for name, value := range c.inputs {
				inputs[name] = value
			}
			out := r.use(c.ref, inputs)
			if (out.code == 0) != (c.want != "") || out.version != c.want || !strings.Contains(out.said, c.says) {
				t.Fatalf("exit status %d, version %q, want %q and %q:\n%s", out.code, out.version, c.want, c.says,
					out.said)
			}
			if strings.Contains(out.said, "secret") {
				t.Errorf("the token is in what it says:\n%s", out.said)
			}
			if c.want == "" {
				if len(out.path) != 0 {
					t.Errorf("it failed, and put %q on PATH", out.path)
				}
				return
			}
			if len(out.path) != 1 || out.path[0] != out.where {
				t.Fatalf("PATH gets %q, and the output says %q", out.path, out.where)
			}
			said, err := exec.Command(filepath.Join(out.where, "kubectl-edge_credential")).Output()
			if err != nil || string(said) != "kubectl edge "+c.want+"\n" {
				t.Errorf("the helper says %q (%v)", said, err)
			}
			if strings.HasPrefix(name, "gh finds") && !strings.Contains(out.gh, "--repo example/edge "+
				"--signer-workflow example/edge/.github/workflows/release.yaml --source-ref refs/tags/"+c.want) {
				t.Errorf("gh was asked %q", out.gh)
			}
		})
	}
}
