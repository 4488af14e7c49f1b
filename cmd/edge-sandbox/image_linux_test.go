//go:build system

package main

import (
	"os"
	"os/exec"
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
