//go:build system

package main

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestImage runs the sandbox, with its API server, from the root of its container image: nothing else is there but what
// an engine brings, and its user has no rights.
func TestImage(t *testing.T) {
	root := os.Getenv("EDGE_SANDBOX_IMAGE_ROOT")
	if root == "" {
		t.Fatal("EDGE_SANDBOX_IMAGE_ROOT names no root of the sandbox's image; hack/test.sh unpacks one")
	}
	const engine = `
		chmod 755 "$1"
		mkdir -p "$1/proc" "$1/dev"
		mount -t proc proc "$1/proc"
		mount --rbind /dev "$1/dev"
		echo '127.0.0.1 localhost' >"$1/etc/hosts"
		exec env -i PATH=/usr/local/bin HOME=/nonroot "$(command -v chroot)" --userspec=65532:65532 "$1" \
			/usr/local/bin/edge-sandbox up --quiet --data-dir /data -- edge-sandbox instance list`
	for _, when := range []string{"at first", "again"} {
		out, err := exec.Command("unshare", "--mount", "sh", "-euc", engine, "sh", root).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "demo-3714d85") {
			t.Fatalf("%s: %v\n%s", when, err, out)
		}
	}
}

// TestImageLicences has every module that is linked into a program of the image named by the texts beside them.
func TestImageLicences(t *testing.T) {
	root := os.Getenv("EDGE_SANDBOX_IMAGE_ROOT")
	files := func(pattern string) []string {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("EDGE_SANDBOX_IMAGE_ROOT=%s has no %s (%v); hack/test.sh unpacks the image", root, pattern, err)
		}
		return found
	}
	var texts strings.Builder
	for _, file := range files("usr/share/doc/kubectl-edge/THIRD_PARTY_LICENSES.*.txt") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts.Write(text)
	}
	for _, program := range files("usr/local/bin/*") {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		for _, module := range append(info.Deps, &info.Main) {
			name := "  " + module.Path + " " + module.Version
			if module.Path != "github.com/kubectl-edge/kubectl-edge" && !strings.Contains(texts.String(), name) {
				t.Errorf("%s: no licence of %s", filepath.Base(program), name)
			}
		}
	}
}
