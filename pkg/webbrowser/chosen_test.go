package webbrowser

import (
	"os"
	"testing"
)

// Where a kubeconfig could choose the program that opens a browser, nobody chooses it.
func TestBrowserIsChosenOnLinuxAlone(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("BROWSER", self)
	for system, want := range map[string]int{"linux": 2, "darwin": 0, "windows": 0, "freebsd": 0} {
		if got := chosen(system, "https://a.example"); len(got) != want {
			t.Errorf("%s: %q, want %d words", system, got, want)
		}
	}
}
