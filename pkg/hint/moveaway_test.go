package hint_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// TestMoveAwayToFreeName: what was moved away earlier is kept.
func TestMoveAwayToFreeName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	for _, want := range []string{path + ".old", path + ".old2", path + ".old3"} {
		if got := hint.MoveAway(path); !strings.HasSuffix(got, " "+hint.Word(want)) {
			t.Errorf("got %s, want it to end with %s", got, want)
		}
		if err := os.WriteFile(want, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAmongNamesLikeFlags: what is pasted is not taken for a flag.
func TestAmongNamesLikeFlags(t *testing.T) {
	err := hint.Among(errors.New("no context"), "", "zzflag", []string{"-zzflag"})
	if got, want := hint.Of(err), "did you mean -- -zzflag?"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
