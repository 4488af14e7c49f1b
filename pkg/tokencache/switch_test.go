package tokencache

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
)

func TestSwitch(t *testing.T) {
	d := dirs.Dirs{Cache: filepath.Join(t.TempDir(), "cache")}
	for name, tc := range map[string]struct {
		configured, variable string
		off, err             string
	}{
		"on":                        {"", "", "", ""},
		"by the configuration":      {"none", "", "the setting cache", ""},
		"by the environment":        {"", "none", "$KUBECTL_EDGE_CACHE", ""},
		"by both":                   {"none", "none", "$KUBECTL_EDGE_CACHE", ""},
		"mistyped":                  {"non", "", "", `the setting cache: cache "non": want none`},
		"mistyped in the variable":  {"none", "off", "", `$KUBECTL_EDGE_CACHE: cache "off": want none`},
		"the variable cannot undo":  {"none", "", "the setting cache", ""},
		"of another case is no off": {"NONE", "", "", `cache "NONE"`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(d, tc.configured,
				func(v string) string { return map[string]string{Variable: tc.variable}[v] })
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Fatalf("got %v, want %q", err, tc.err)
			}
			if s.OffBy() != tc.off || (s.Dir() == "") != (tc.off != "" || tc.err != "") {
				t.Errorf("got %q in %q, want %q", s.OffBy(), s.Dir(), tc.off)
			}
		})
	}
}
