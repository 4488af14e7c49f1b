// Exports finds names that are exported and used nowhere outside of their package.
//
//	exports [-tags TAGS] PATTERN…
//
// It looks at functions, types, variables and constants of packages other than main, on every system that the programs
// run on, and takes tests in a package of their own, such as login_test, for outside. A type counts as used where a
// used name brings it along, as a result, an argument or a field; a constant where its type is, or another of its
// block, which is a vocabulary. Methods and fields are not looked at: interfaces and encodings use them unseen. It
// exits with 1 if it finds any.
package main

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	tags := flag.String("tags", "", "build tags")
	flag.Parse()
	found, err := exports("", *tags, []string{"linux", "darwin", "windows"}, flag.Args()...)
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(2)
	}
	for _, name := range found {
		fmt.Println(name)
	}
	if len(found) > 0 {
		os.Exit(1)
	}
}

// exports returns a line for each name in the packages that patterns match, seen from the folder dir.
func exports(dir, tags string, systems []string, patterns ...string) ([]string, error) {
	used, declared := map[string]bool{}, map[string]string{}
	for _, system := range systems {
		loaded, err := packages.Load(&packages.Config{
			Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedTypes |
				packages.NeedSyntax | packages.NeedTypesInfo,
			Dir: dir, Env: append(os.Environ(), "GOOS="+system), BuildFlags: []string{"-tags=" + tags}, Tests: true,
		}, patterns...)
		if err != nil {
			return nil, err
		}
		var errs []error
		for _, p := range loaded {
			for _, e := range p.Errors {
				errs = append(errs, e)
			}
		}
		if len(errs) > 0 {
			return nil, errors.Join(errs...)
		}
		look(loaded, used, declared)
	}
	maps.DeleteFunc(declared, func(name, _ string) bool { return used[name] })
	return slices.Sorted(maps.Values(declared)), nil
}

// look adds what the packages use of one another to used, and what they export to declared, by its name and with a line
// about it.
func look(loaded []*packages.Package, used map[string]bool, declared map[string]string) {
	var outside []types.Object
	ours := map[string]bool{}
	for _, p := range loaded {
		ours[p.PkgPath] = true
	}
	for _, p := range loaded {
		for _, object := range p.TypesInfo.Uses {
			if packageLevel(object) && ours[object.Pkg().Path()] && object.Pkg().Path() != p.PkgPath {
				outside = append(outside, object)
			}
		}
	}
	for _, object := range outside {
		bringAlong(object, used)
	}
	for _, p := range loaded {
		if p.Name == "main" || p.ID != p.PkgPath || strings.HasSuffix(p.PkgPath, ".test") { // a variant with its tests
			continue
		}
		markBlocks(p, used)
		for _, name := range p.Types.Scope().Names() {
			object := p.Types.Scope().Lookup(name)
			if !object.Exported() || isTest(p.Fset, object) {
				continue
			}
			declared[key(object)] = line(p.Fset, object)
			if constant, ok := object.(*types.Const); ok {
				if named, ok := constant.Type().(*types.Named); ok && used[key(named.Obj())] {
					used[key(object)] = true
				}
			}
		}
	}
}

// markBlocks marks the constants of each block that has one in use.
func markBlocks(p *packages.Package, used map[string]bool) {
	for _, file := range p.Syntax {
		for _, decl := range file.Decls {
			block, ok := decl.(*ast.GenDecl)
			if !ok || block.Tok != token.CONST {
				continue
			}
			var names []string
			inUse := false
			for _, spec := range block.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					names = append(names, p.PkgPath+"."+name.Name)
					inUse = inUse || used[p.PkgPath+"."+name.Name]
				}
			}
			for _, name := range names {
				used[name] = used[name] || inUse
			}
		}
	}
}

func packageLevel(object types.Object) bool {
	return object != nil && object.Pkg() != nil && object.Parent() == object.Pkg().Scope()
}

func key(object types.Object) string { return object.Pkg().Path() + "." + object.Name() }

func isTest(fset *token.FileSet, object types.Object) bool {
	return strings.HasSuffix(fset.Position(object.Pos()).Filename, "_test.go")
}

func line(fset *token.FileSet, object types.Object) string {
	at := fset.Position(object.Pos())
	return fmt.Sprintf("%s/%s:%d: %s is used nowhere outside", object.Pkg().Path(), filepath.Base(at.Filename), at.Line,
		object.Name())
}

// bringAlong marks a name as used, and the types that its declaration names.
func bringAlong(object types.Object, used map[string]bool) {
	if !packageLevel(object) || used[key(object)] {
		return
	}
	used[key(object)] = true
	if _, ok := object.(*types.TypeName); !ok {
		bringType(object.Type(), used)
		return
	}
	bringType(object.Type().Underlying(), used)
	if named, ok := types.Unalias(object.Type()).(*types.Named); ok {
		for method := range named.Methods() {
			if method.Exported() {
				bringType(method.Type(), used)
			}
		}
	}
}

func bringType(t types.Type, used map[string]bool) {
	switch t := t.(type) {
	case *types.Alias:
		bringAlong(t.Obj(), used)
		bringType(t.Rhs(), used)
	case *types.Named:
		bringAlong(t.Obj(), used)
		for argument := range t.TypeArgs().Types() {
			bringType(argument, used)
		}
	case interface{ Elem() types.Type }: // array, channel, map, pointer, slice
		if m, ok := t.(*types.Map); ok {
			bringType(m.Key(), used)
		}
		bringType(t.Elem(), used)
	case *types.Signature:
		for _, tuple := range []*types.Tuple{t.Params(), t.Results()} {
			for v := range tuple.Variables() {
				bringType(v.Type(), used)
			}
		}
	case *types.Struct:
		for field := range t.Fields() {
			if field.Exported() {
				bringType(field.Type(), used)
			}
		}
	case *types.Interface:
		for method := range t.Methods() {
			bringType(method.Type(), used)
		}
	}
}
