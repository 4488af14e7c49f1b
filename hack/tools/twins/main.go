// Twins finds functions that are there twice: of the same name and body in two packages.
//
//	twins FOLDER
//
// It reads every Go file below the folder, tests included, whatever system a file is for. It prints the places of each
// such function, and exits with 1 if there are any.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: twins FOLDER")
		os.Exit(2)
	}
	found, err := twins(os.Args[1])
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(2)
	}
	for _, twin := range found {
		fmt.Println(twin)
	}
	if len(found) > 0 {
		os.Exit(1)
	}
}

// trivial is the number of nodes in the syntax tree of a body up to which two packages may say the same: what an
// interface asks for in one line, such as "return e.text", "return e.Err" or "os.Exit(run())". What is larger knows
// something, and one package should know it.
const trivial = 8

// function is what makes two functions the same. Comments are not part of it, nor is the receiver's name.
type function struct{ name, body string }

// twins returns a line for each function that is in more than one package below the folder root.
func twins(root string) ([]string, error) {
	places := map[function]map[string]string{} // to the place in each package
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && skipped(d.Name()):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		return read(root, path, places)
	})
	if err != nil {
		return nil, err
	}
	var found []string
	for f, in := range places {
		if len(in) > 1 {
			found = append(found, fmt.Sprintf("%s: the same in %s", f.name,
				strings.Join(slices.Sorted(maps.Values(in)), ", ")))
		}
	}
	slices.Sort(found)
	return found, nil
}

func skipped(folder string) bool {
	return folder == "testdata" || folder == "vendor" || strings.HasPrefix(folder, ".") ||
		strings.HasPrefix(folder, "_")
}

// read adds the functions of a file to places. A package is a folder, so that its own external tests are part of it.
func read(root, path string, places map[function]map[string]string) error {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	if ast.IsGenerated(file) {
		return nil
	}
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil || size(fn.Body) <= trivial {
			continue
		}
		var body bytes.Buffer
		if err := printer.Fprint(&body, token.NewFileSet(), fn.Body); err != nil { // no positions: one form for all
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f := function{fn.Name.Name, body.String()}
		if places[f] == nil {
			places[f] = map[string]string{}
		}
		places[f][filepath.Dir(path)] = fmt.Sprintf("%s:%d", filepath.ToSlash(name), fset.Position(fn.Pos()).Line)
	}
	return nil
}

// size counts the nodes of a syntax tree.
func size(n ast.Node) int {
	nodes := 0
	ast.Inspect(n, func(n ast.Node) bool {
		if n != nil {
			nodes++
		}
		return true
	})
	return nodes
}
