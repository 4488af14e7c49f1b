// Package house checks the rules of this module that no common linter knows.
package house

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

const module = "github.com/kubectl-edge/kubectl-edge/"

// Analyzer reports what this module does not do:
//   - init functions
//   - os.Exit and log.Fatal outside of func main and of tests
//   - tests that sleep or skip themselves
//   - imports against the direction cmd, plugins, pkg, and between plugins
var Analyzer = &analysis.Analyzer{
	Name: "house",
	Doc:  "check the rules of this module: no init, one exit, no sleeping or skipped tests, imports in one direction",
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	for _, file := range pass.Files {
		if ast.IsGenerated(file) {
			continue
		}
		// A package such as sandboxtest is what tests share.
		test := strings.HasSuffix(pass.Fset.Position(file.Pos()).Filename, "_test.go") ||
			strings.HasSuffix(pass.Pkg.Name(), "test")
		for _, spec := range file.Imports {
			checkImport(pass, spec)
		}
		for _, decl := range file.Decls {
			checkDecl(pass, decl, test)
		}
	}
	return nil, nil
}

func checkImport(pass *analysis.Pass, spec *ast.ImportSpec) {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return
	}
	importer, _, _ := strings.Cut(pass.Pkg.Path(), " ") // a test variant is "path [path.test]"
	if !mayImport(strings.TrimSuffix(importer, "_test"), path) {
		pass.Reportf(spec.Pos(), "%s must not import %s: imports go from cmd to plugins to pkg, and never between "+
			"plugins", importer, path)
	}
}

// mayImport reports whether the package importer may import the package path. Both are import paths.
func mayImport(importer, path string) bool {
	from, inside := strings.CutPrefix(importer, module)
	to, ours := strings.CutPrefix(path, module)
	if !inside || !ours {
		return true
	}
	fromRoom, fromName := room(from)
	toRoom, toName := room(to)
	switch fromRoom {
	case "pkg":
		return toRoom == "pkg"
	case "plugins":
		return toRoom == "pkg" || toRoom == "plugins" && toName == fromName
	default:
		return toRoom != "cmd" || from == to
	}
}

// room splits "plugins/edge/x" into "plugins" and "edge".
func room(path string) (room, name string) {
	room, rest, _ := strings.Cut(path, "/")
	name, _, _ = strings.Cut(rest, "/")
	return room, name
}

func checkDecl(pass *analysis.Pass, decl ast.Decl, test bool) {
	mayExit := test
	if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
		if fn.Name.Name == "init" {
			pass.Reportf(fn.Pos(), "no init functions: call a constructor instead")
		}
		mayExit = test || fn.Name.Name == "main" && pass.Pkg.Name() == "main"
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		callee, ok := typeutil.Callee(pass.TypesInfo, call).(*types.Func)
		if !ok {
			return true
		}
		switch name := callee.FullName(); name {
		case "os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln":
			if !mayExit {
				pass.Reportf(call.Pos(), "%s below main: return an error, so that deferred calls run", name)
			}
		case "time.Sleep":
			if test {
				pass.Reportf(call.Pos(), "a test waits for an event, not for time")
			}
		case "(*testing.common).Skip", "(*testing.common).Skipf", "(*testing.common).SkipNow", "(testing.TB).Skip",
			"(testing.TB).Skipf", "(testing.TB).SkipNow":
			pass.Reportf(call.Pos(), "a test does not skip itself: install or build what it needs, or fail")
		}
		return true
	})
}
