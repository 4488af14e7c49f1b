package webbrowser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/webbrowser"
)

// The browser of a person's own choice goes before the system's, with the arguments that it is given there.
func TestBrowserOfTheEnvironment(t *testing.T) {
	bin := t.TempDir()
	opened := filepath.Join(bin, "opened")
	script := "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + opened + "\n"
	if err := os.WriteFile(filepath.Join(bin, "own"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	if t.Setenv("BROWSER", "absent:"); webbrowser.Found() {
		t.Error("a browser is found that is not there")
	}
	for variable, want := range map[string]string{
		"absent:own -new":          "-new https://a.example/?a=1&b=%20",
		"own --url=%s --now:other": "--url=https://a.example/?a=1&b=%20 --now",
	} {
		t.Setenv("BROWSER", variable)
		if !webbrowser.Found() {
			t.Errorf("%q: no browser is found", variable)
		}
		if err := webbrowser.Open("https://a.example/?a=1&b=%20"); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(opened)
		if err != nil || strings.Join(strings.Fields(string(got)), " ") != want {
			t.Errorf("%q: opened with %q, %v, want %q", variable, got, err, want)
		}
	}
}
