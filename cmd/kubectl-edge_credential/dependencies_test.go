package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestDependencies holds the helper to its diet: it runs with every kubectl command, and each package that it links
// costs every one of them.
func TestDependencies(t *testing.T) {
	const module = "github.com/kubectl-edge/kubectl-edge/"
	// In alphabetical order. Measure before you add a package: make bench.
	ours := []string{
		"cmd/kubectl-edge_credential", "pkg/atomicfile", "pkg/buildinfo", "pkg/caller", "pkg/dirs", "pkg/envcredential",
		"pkg/execcredential",
		"pkg/expiration", "pkg/hint", "pkg/oslock",
		"pkg/securefile", "pkg/profile", "pkg/stackitid", "pkg/tokencache", "pkg/tokenrequest", "plugins/credential",
	}
	others := map[string][]string{
		"darwin": {"golang.org/x/sys/unix"}, // only sysctl knows when a process began
		"windows": {
			"github.com/adrg/xdg", "github.com/adrg/xdg/internal/pathutil", "github.com/adrg/xdg/internal/userdirs",
			"golang.org/x/sys/windows", // of xdg
		},
	}
	// What costs the most, and what a program has no use for that answers from a file.
	heavy := []string{"net/url", "net/http", "crypto/tls", "os/exec", "os/user", "encoding/xml", "html/template",
		"text/template", "log/slog"}
	for _, os := range []string{"linux", "darwin", "windows"} {
		heavy := heavy
		if os != "windows" { // where golang.org/x/sys/windows has them
			heavy = append(heavy, "net", "net/netip")
		}
		t.Run(os, func(t *testing.T) {
			list := exec.Command("go", "list", "-deps", "-f", "{{.Standard}} {{.ImportPath}}", ".")
			list.Env = append(list.Environ(), "GOOS="+os, "CGO_ENABLED=0")
			out, err := list.Output()
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(out)) {
				standard, path, _ := strings.Cut(strings.TrimSpace(line), " ")
				own, isOurs := strings.CutPrefix(path, module)
				switch {
				case standard == "true":
					if slices.Contains(heavy, path) {
						t.Errorf("%s is too heavy", path)
					}
				case isOurs && slices.Contains(ours, own), slices.Contains(others[os], path):
				default:
					t.Errorf("%s is not on the diet", path)
				}
			}
		})
	}
}
