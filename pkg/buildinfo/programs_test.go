package buildinfo_test

import (
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// TestPrograms builds all programs as a release does. The linker is silent about a variable that a program does not
// have, such as one that was renamed.
func TestPrograms(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", bin+string(filepath.Separator),
		"-ldflags",
		"-s -w -X main.version=v9.8.7 -X main.commit=c0ffee -X main.date=2026-01-02T03:04:05Z", "../../cmd/...")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	suffix := ""
	if runtime.GOOS == "windows" {
		suffix = ".exe"
	}
	date := map[string]string{"kubectl-sts": "build-date"} // as sts has it
	for _, program := range []string{"kubectl-edge", "kubectl-edge_credential", "kubectl-sts", "edge-sandbox"} {
		out, err := exec.Command(filepath.Join(bin, program+suffix), "version", "-o", "json").Output()
		if err != nil {
			t.Errorf("%s: %v", program, err)
			continue
		}
		got := map[string]any{}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Errorf("%s: %v", program, err)
		}
		want := map[string]string{"version": "v9.8.7", "commit": "c0ffee", "date": "2026-01-02T03:04:05Z",
			"go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			field := name
			if name == "date" && date[program] != "" {
				field = date[program]
			}
			if got[field] != want[name] {
				t.Errorf("%s: %s is %v, want %s", program, field, got[field], want[name])
			}
		}
	}
}
