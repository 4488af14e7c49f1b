package main

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed troubles.txt
var troublesText string

// trouble is what a hint means, with the errors that have it.
type trouble struct {
	hints, errors []string
	madeIn        []string // files that put hints together
	meaning       string
}

// theme is a part of the page.
type theme struct {
	title    string
	troubles []*trouble
}

// themes reads troubles.txt.
func themes() ([]*theme, error) {
	var all []*theme
	var current *trouble
	for i, line := range strings.Split(troublesText, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch {
		case strings.HasPrefix(line, "# ") && len(all) == 0, len(all) == 0 && !strings.HasPrefix(line, "## "):
		case strings.HasPrefix(line, "## "):
			all = append(all, &theme{title: line[3:]})
			current = nil
		case line == "":
			current = nil
		case current == nil && key != "hint":
			return nil, fmt.Errorf("troubles.txt:%d: an entry begins with a hint", i+1)
		case key == "hint" && (current == nil || current.meaning == ""):
			if current == nil {
				current = &trouble{}
				last := all[len(all)-1]
				last.troubles = append(last.troubles, current)
			}
			current.hints = append(current.hints, value)
		case key == "error" && current.meaning == "":
			current.errors = append(current.errors, value)
		case key == "made in" && current.meaning == "":
			current.madeIn = append(current.madeIn, value)
		default:
			current.meaning = strings.TrimSpace(current.meaning + "\n" + line)
		}
	}
	return all, nil
}

// hinted is a call of hint.Wrap in the code.
type hinted struct {
	file        string
	line        int
	err, hint   string // … for what differs; "" for an error that is made elsewhere
	constructed bool   // the hint is put together in the file, or made elsewhere
}

// verb is what fmt replaces.
var verb = regexp.MustCompile(`%[-+# 0]*[0-9]*(?:\.[0-9]+)?(?:\[[0-9]+\])?[a-zA-Z]`)

func shown(format string) string { return verb.ReplaceAllString(format, "…") }

// hintsInCode finds the calls of hint.Wrap below the root of the repository.
func hintsInCode(root string) ([]hinted, error) {
	var found []hinted
	for _, folder := range []string{"cmd", "pkg", "plugins"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				filepath.Base(filepath.Dir(path)) == "plugintest" {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0) // with what names stand for
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if e, ok := n.(ast.Expr); ok { // one that is printed without an error
					text, ok := strings.CutPrefix(literal(e), "hint: ")
					if text = strings.TrimSpace(shown(text)); ok && text != "…" {
						line := set.Position(e.Pos()).Line
						found = append(found, hinted{file: filepath.ToSlash(name), line: line, hint: text})
						return false
					}
				}
				call, ok := n.(*ast.CallExpr)
				if ok && calls(call, "hint", "Wrap") && len(call.Args) >= 2 {
					h := hinted{file: filepath.ToSlash(name), line: set.Position(call.Pos()).Line,
						err: shown(errorText(call.Args[0])), hint: shown(literal(call.Args[1]))}
					h.constructed = strings.Trim(h.hint, "… ") == ""
					found = append(found, h)
				}
				if ok && (calls(call, "hint", "Among") || calls(call, "hint", "DidYouMean")) {
					found = append(found, hinted{file: filepath.ToSlash(name), line: set.Position(call.Pos()).Line,
						err: shown(errorText(call.Args[0])), hint: "did you mean …?"})
				}
				return true
			})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func calls(call *ast.CallExpr, pkg, name string) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != name {
		return false
	}
	x, ok := selector.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// literal is the text of a string that is written out, or "".
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value) // the parser has seen that it is one
		return text
	case *ast.BinaryExpr:
		return literal(e.X) + literal(e.Y)
	case *ast.Ident: // a constant of the same file
		if e.Obj != nil && e.Obj.Kind == ast.Con {
			if spec, ok := e.Obj.Decl.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				return literal(spec.Values[0])
			}
		}
	}
	return ""
}

// errorText is the text of an error that is made where it gets its hint, or "".
func errorText(e ast.Expr) string {
	call, ok := e.(*ast.CallExpr)
	if ok && (calls(call, "errors", "New") || calls(call, "fmt", "Errorf")) && len(call.Args) > 0 {
		return literal(call.Args[0])
	}
	return ""
}

func explains(all []*theme, h hinted) *trouble {
	for _, theme := range all {
		for _, t := range theme.troubles {
			if h.constructed && slices.Contains(t.madeIn, h.file) || !h.constructed &&
				slices.Contains(t.hints, h.hint) {
				return t
			}
		}
	}
	return nil
}

// troubleshooting is the page with all messages that have a hint.
func troubleshooting(root string) (string, error) {
	all, err := themes()
	if err != nil {
		return "", err
	}
	found, err := hintsInCode(root)
	if err != nil {
		return "", err
	}
	for _, h := range found {
		if t := explains(all, h); t != nil && strings.Trim(h.err, "…:; ") != "" && !slices.Contains(t.errors, h.err) {
			t.errors = append(t.errors, h.err)
		}
	}
	var b strings.Builder
	b.WriteString("# Troubleshooting\n\nEvery message that comes with a hint, what it means, and what to do. Search " +
		"this page " +
		"for words of yours;\n… stands for what differs. `kubectl edge doctor` looks for the reason by itself, " +
		"`kubectl edge " +
		"status --check` asks\nSTACKIT about logins, and `-v` shows each request by address and status, without " +
		"bodies.\n\n" +
		"Written by `make docs` from the code and `hack/manual/troubles.txt`; a test wants every hint to be here.\n\n")
	for _, theme := range all {
		fmt.Fprintf(&b, "- [%s](#%s)\n", theme.title, anchor(strings.ReplaceAll(theme.title, ",", "")))
	}
	for _, theme := range all {
		fmt.Fprintf(&b, "\n## %s\n", theme.title)
		for i, t := range theme.troubles {
			if i > 0 {
				b.WriteString("\n---\n")
			}
			b.WriteString("\n")
			for _, text := range t.errors {
				fmt.Fprintf(&b, "- error: %s\n", quoted(text))
			}
			for _, text := range t.hints {
				fmt.Fprintf(&b, "- hint: %s\n", quoted(text))
			}
			fmt.Fprintf(&b, "\n%s\n", t.meaning)
		}
	}
	return b.String(), nil
}

func quoted(text string) string {
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}
