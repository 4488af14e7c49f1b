package hint_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// TestAddresses reads all files for addresses of the project, and for what they have Krew install. A name that the
// project does not own could be registered by anybody, and be installed by who follows our advice.
func TestAddresses(t *testing.T) {
	const root, teller = "../..", "pkg/hint/install.go"
	plugins := map[string]bool{}
	for _, name := range strings.Fields(hint.Krew()[1])[3:] {
		plugins[name] = true
	}
	plugins["edge/sts"] = true
	repositories := map[string]bool{hint.Repository(): true, hint.Repository() + "-index": true,
		"ghcr.io/kubectl-edge/kubectl-edge": true, "ghcr.io/kubectl-edge/edge-sandbox": true}

	address := regexp.MustCompile(`(?:https?://github\.com|ghcr\.io)/kubectl-edge[\w./-]*`)
	repository := regexp.MustCompile(`^((?:https?://)?[\w.]+/[\w-]+/[\w-]+)`)
	krew := regexp.MustCompile(`krew (install|upgrade|uninstall|index add)((?: +[\w./:${}-]+)*)`)
	found := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name == ".git" || name == "bin" || name == "out" {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular() || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		program := strings.HasSuffix(name, ".go") && name != teller
		for _, match := range address.FindAllString(string(content), -1) {
			found++
			if program {
				t.Errorf("%s has the address %s: take it from package hint", name, match)
			}
			if !repositories[repository.FindString(match)] {
				t.Errorf("%s has the address %s, which is not one of %v", name, match, repositories)
			}
		}
		for _, match := range krew.FindAllStringSubmatch(string(content), -1) {
			found++
			if program {
				t.Errorf("%s says %q: take it from package hint", name, match[0])
			}
			words := strings.Fields(match[2])
			if match[1] == "index add" || len(words) > 0 && strings.HasPrefix(words[0], "-") {
				continue // the address of an index is checked above; what follows a flag is a file's name
			}
			for _, word := range words {
				if bare := "edge/" + strings.TrimPrefix(word, "edge/"); match[1] == "install" && !plugins[word] ||
					!plugins[bare] {
					t.Errorf("%s says %q: Krew's own index could have that name from anybody", name, match[0])
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 10 {
		t.Errorf("found %d addresses: the test looks for the wrong thing", found)
	}
}

// TestAddressOfFork builds a program whose linker was given another address.
func TestAddressOfFork(t *testing.T) {
	const fork = "https://git.example/plant/kubectl-edge"
	program := filepath.Join(t.TempDir(), "kubectl-edge_credential")
	build := exec.Command("go", "build", "-ldflags",
		"-X github.com/kubectl-edge/kubectl-edge/pkg/hint.repository="+fork, "-o", program,
		"github.com/kubectl-edge/kubectl-edge/cmd/kubectl-edge_credential")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	call := exec.Command(program, "--project-id=12345678-ffff-4bcd-8fff-123456789abc", "--instance-id=demo-3714d85")
	call.Env = []string{"PATH=" + t.TempDir(), "HOME=" + t.TempDir()}
	out, err := call.CombinedOutput()
	if want := "hint: install kubectl edge as shown at " + fork + "#install\n"; err == nil ||
		!strings.HasSuffix(string(out), want) {
		t.Errorf("got %v, %q, want an error that ends in %q", err, out, want)
	}
}
