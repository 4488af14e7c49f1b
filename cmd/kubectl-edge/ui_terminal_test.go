//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// On a terminal without a clipboard the token is printed, and that is said before it is made; a browser is opened all
// the same.
func TestUIWithoutClipboard(t *testing.T) {
	p := fleetOwner(t)
	blind := filepath.Join(p.env.WorkDir, "blind")
	if err := os.Mkdir(blind, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, script := range map[string]string{
		"xclip":    "#!/bin/sh\necho \"Error: Can't open display: (null)\" >&2\nexit 1\n",
		"xdg-open": "#!/bin/sh\necho \"$1\" >opened\n",
	} {
		if err := os.WriteFile(filepath.Join(blind, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r := p.onTerminal("sh", "-c", "PATH="+blind+":$PATH kubectl-edge ui demo")
	r.sees("The token is printed here, since there is no screen here whose clipboard could be used.")
	r.sees("https://app.demo-3714d85.edge.eu01.onstackit.cloud")
	r.sees("eyJ")
	r.sees("It is open in your browser.")
	if code := r.ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	opened, err := os.ReadFile(filepath.Join(p.env.WorkDir, "opened"))
	if err != nil || strings.TrimSpace(string(opened)) != "https://app.demo-3714d85.edge.eu01.onstackit.cloud" {
		t.Errorf("opened %q, %v", opened, err)
	}
}
