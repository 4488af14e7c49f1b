package edgesandbox

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
)

func TestSuggestions(t *testing.T) {
	grow := func(p plugin.Process) plugin.Tree {
		return plugin.Tree{Command: Root(buildinfo.Info{}, p.In, p.Out, p.ErrOut), Code: func(error) int { return 1 }}
	}
	plugintest.Suggests(t, grow, 1, map[string]string{
		"instanc add":              "did you mean edge-sandbox instance add?",
		"list instances":           "did you mean edge-sandbox instance list?",
		"create instance":          "did you mean edge-sandbox instance add?",
		"key rotate":               "did you mean edge-sandbox keys rotate?",
		"fault remove":             "did you mean edge-sandbox fault clear?",
		"start":                    "did you mean edge-sandbox up?",
		"stat":                     "did you mean edge-sandbox stats?",
		"fault add --preest hang":  "did you mean --preset? See edge-sandbox fault add --help",
		"fault add x y":            "edge-sandbox fault add --help",
		"cluster set":              "edge-sandbox cluster set --help",
		"cluster add berlin leeds": "edge-sandbox cluster add --help",
	})
}
