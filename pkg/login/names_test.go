package login

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
)

// The package looks nothing up in the environment itself: what it did not ask pkg/envcredential for would be missing in
// the key of the tokens. Nor does it spell a name of its own.
func TestEnvironmentIsReadInOneRoom(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if n.Sel.Name == "Getenv" || n.Sel.Name == "LookupEnv" {
					t.Errorf("%v: %s", fset.Position(n.Pos()), n.Sel.Name)
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && envcredential.Is(text) {
					t.Errorf("%v: %s", fset.Position(n.Pos()), text)
				}
			}
			return true
		})
	}
}
