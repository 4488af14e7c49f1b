package house

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
)

func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), Analyzer, "below", "command")
}

func TestMayImport(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"cmd/kubectl-edge", "plugins/edge", true},
		{"cmd/kubectl-edge", "pkg/login", true},
		{"cmd/kubectl-edge", "cmd/kubectl-sts", false},
		{"plugins/edge", "pkg/login", true},
		{"plugins/edge", "plugins/edge/internal/table", true},
		{"plugins/edge", "plugins/sts", false},
		{"plugins/edge", "cmd/kubectl-edge", false},
		{"pkg/login", "pkg/stackit", true},
		{"pkg/login", "plugins/edge", false},
		{"pkg/sandbox", "cmd/edge-sandbox", false},
	} {
		if got := mayImport(module+tt.from, module+tt.to); got != tt.want {
			t.Errorf("mayImport(%s, %s) = %t, want %t", tt.from, tt.to, got, tt.want)
		}
	}
	if !mayImport(module+"pkg/login", "k8s.io/client-go/plugins/x") {
		t.Error("another module's package is refused")
	}
}
