package docs_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/login"
)

// TestNewWayToLogIn checks what architecture.md says that a new way to log in takes: one file and one line. So what
// there is to know about a way stands in one file, and its name in no other, and the lists of the page are all.
func TestNewWayToLogIn(t *testing.T) {
	_, section, _ := strings.Cut(page(t, "architecture.md"), "### A new way to log in\n")
	section, _, _ = strings.Cut(section, "\n###")
	var files []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(section, -1) {
		files = append(files, row[1])
	}
	want := []string{
		"pkg/login/NAME.go", "pkg/login/method.go", "pkg/login/NAME_test.go",
		"cmd/kubectl-edge/testdata/login/NAME.txtar", "docs/login.md", "docs/commands.md",
	}
	if !slices.Equal(files, want) {
		t.Errorf("the page lists %q, want %q", files, want)
	}

	known := map[string][]string{} // the files that spell a method, or its constant
	for _, folder := range []string{"pkg", "plugins", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || d.Name() == "sandbox"):
				return fs.SkipDir
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, name := range namesIn(parsed) {
				if constant.MatchString(name) && parsed.Name.Name != "login" {
					continue // of another package
				}
				if !slices.Contains(known[name], path) {
					known[name] = append(known[name], path)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	constants := 0
	for name, in := range known {
		switch {
		case strings.HasPrefix(name, "login.Method"):
			t.Errorf("%s is used by %q", name, in)
		case !constant.MatchString(name) && !slices.Contains(login.Methods(), name):
		case len(in) != 1:
			t.Errorf("%s is known to %q, want one file", name, in)
		default:
			constants++
		}
	}
	if constants != 2*len(login.Methods()) {
		t.Errorf("found %d constants and names of the methods %q", constants, login.Methods())
	}
}

// constant is the form of the constants that name methods.
var constant = regexp.MustCompile(`^[Mm]ethod[A-Z]\w+$`)

// namesIn returns the constants of methods, with "login." in front from outside of it, and the texts in the file.
func namesIn(file *ast.File) []string {
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if ok && x.Name == "login" && constant.MatchString(n.Sel.Name) {
				names = append(names, "login."+n.Sel.Name)
			}
			return !ok // http.MethodGet is another package's
		case *ast.Ident:
			if constant.MatchString(n.Name) {
				names = append(names, n.Name)
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil {
				names = append(names, text)
			}
		}
		return true
	})
	return names
}

// TestLoginPage checks that login.md names each method, and each flag that belongs to one.
func TestLoginPage(t *testing.T) {
	text := page(t, "login.md")
	for _, name := range login.Methods() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("login.md does not name the method %s", name)
		}
	}
	flags := flag.NewFlagSet("login", flag.ContinueOnError)
	login.NewOptions(flags)
	flags.VisitAll(func(f *flag.Flag) {
		if !strings.Contains(text, "--"+f.Name) {
			t.Errorf("login.md does not name --%s", f.Name)
		}
	})
}
