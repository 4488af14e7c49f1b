package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// permissive are the licences, by their SPDX identifiers, under which we link what others wrote: they ask for their
// text and notices to be passed on, and for nothing else.
var permissive = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// platforms are those of a release.
var platforms = []string{
	"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64",
}

var (
	licenceName   = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright)([-._].*)?$`)
	noticeName    = regexp.MustCompile(`(?i)^(notice|patents)([-._].*)?$`)
	copyrightName = regexp.MustCompile(`(?i)^copyright`)
	docsName      = regexp.MustCompile(`(?i)^licen[cs]e[-._]docs?$`) // of documentation, which is not linked
	sourceName    = regexp.MustCompile(`(?i)\.(go|s|h|c)$`)
)

// pkg is what go list says about a package.
type pkg struct {
	Dir, ImportPath string
	Standard        bool
	Module          *struct {
		Path, Version, Dir string
		Main               bool
		Replace            *struct{ Path, Version, Dir string }
	}
}

// linked are the packages that the programs are made of, on all of the platforms together.
func linked(dir string, platforms, programs []string) (map[string]pkg, error) {
	found := map[string]pkg{}
	for _, p := range platforms {
		system, arch, _ := strings.Cut(p, "/")
		list := exec.Command("go", append([]string{"list", "-deps", "-json=Dir,ImportPath,Standard,Module"},
			programs...)...)
		list.Dir = dir
		list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch)
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("%v: %w", list, err)
		}
		for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
			var one pkg
			if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("%v: %w", list, err)
			}
			found[one.ImportPath] = one
		}
	}
	return found, nil
}

// licence is a text and what it is for.
type licence struct {
	text string
	kind string   // SPDX, or "notice"
	of   []string // modules, or folders in them
}

// licences writes the texts that have to be passed on with the programs: each once, with all that it is for. A module
// without a licence, or with one that is not allowed, is an error.
func licences(out, dir string, platforms, allowed, programs []string) error {
	packages, err := linked(dir, platforms, programs)
	if err != nil {
		return err
	}
	texts := map[string]*licence{}
	add := func(path, of string) (string, error) {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		kind := "notice"
		if licenceName.MatchString(filepath.Base(path)) {
			if kind, err = kindOf(content, allowed); err != nil && copyrightName.MatchString(filepath.Base(path)) {
				kind = "notice" // who has the rights; a licence is another file then, and has to be there
			} else if err != nil {
				return "", fmt.Errorf("%s: %s: %w", of, filepath.Base(path), err)
			}
		}
		text := strings.TrimSpace(strings.ReplaceAll(string(content), "\r\n", "\n"))
		if texts[text] == nil {
			texts[text] = &licence{text: text, kind: kind}
		}
		if !slices.Contains(texts[text].of, of) {
			texts[text].of = append(texts[text].of, of)
		}
		return kind, nil
	}
	var failures []error
	modules := map[string]bool{} // whether a licence has been found
	for _, path := range slices.Sorted(maps.Keys(packages)) {
		p := packages[path]
		if p.Standard || p.Module.Main {
			continue
		}
		root, name := p.Module.Dir, p.Module.Path+" "+p.Module.Version
		modules[name] = modules[name]
		for folder := p.Dir; ; folder = filepath.Dir(folder) {
			files, err := os.ReadDir(folder)
			if err != nil {
				return err
			}
			of := name
			if inner, _ := filepath.Rel(root, folder); inner != "." {
				of += ", folder " + filepath.ToSlash(inner)
			}
			for _, file := range files {
				legal := licenceName.MatchString(file.Name()) || noticeName.MatchString(file.Name())
				if !legal || !file.Type().IsRegular() || docsName.MatchString(file.Name()) ||
					sourceName.MatchString(file.Name()) {
					continue
				}
				kind, err := add(filepath.Join(folder, file.Name()), of)
				if err != nil {
					failures = append(failures, err)
				}
				modules[name] = modules[name] || err != nil || kind != "notice"
			}
			if folder == root || len(folder) < len(root) {
				break
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		if !modules[name] {
			failures = append(failures, fmt.Errorf("%s has no licence", name))
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	words := strings.Fields(string(goroot))
	for _, name := range []string{"LICENSE", "PATENTS"} {
		if _, err := add(filepath.Join(words[0], name), "Go's standard library and runtime "+words[1]); err != nil {
			failures = append(failures, err)
		}
	}
	if len(failures) > 0 {
		slices.SortFunc(failures, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
		return errors.Join(slices.CompactFunc(failures, func(a, b error) bool { return a.Error() == b.Error() })...)
	}
	return os.WriteFile(out, render(texts, len(modules)), 0o644)
}

// kindOf is the licence's SPDX identifier, several joined by "AND".
func kindOf(content []byte, allowed []string) (string, error) {
	coverage := licensecheck.Scan(content)
	var kinds []string
	for _, match := range coverage.Match {
		if !slices.Contains(allowed, match.ID) {
			return "", fmt.Errorf("%s is not one of the allowed licences", match.ID)
		}
		if !slices.Contains(kinds, match.ID) {
			kinds = append(kinds, match.ID)
		}
	}
	if len(kinds) == 0 || coverage.Percent < 75 {
		return "", fmt.Errorf("its licence is not known (%.0f per cent of the text are)", coverage.Percent)
	}
	slices.Sort(kinds)
	return strings.Join(kinds, " AND "), nil
}

func render(texts map[string]*licence, modules int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "The programs contain parts of Go and of %d modules, under these licences "+
		"and with these notices.\n", modules)
	sorted := slices.SortedFunc(maps.Values(texts), func(a, b *licence) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.of[0], b.of[0]))
	})
	for _, l := range sorted {
		fmt.Fprintf(&b, "\n%s\n%s, for:\n", strings.Repeat("=", 80), l.kind)
		for _, of := range l.of {
			fmt.Fprintf(&b, "  %s\n", of)
		}
		fmt.Fprintf(&b, "\n%s\n", l.text)
	}
	return b.Bytes()
}
