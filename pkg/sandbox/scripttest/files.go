package scripttest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

func fileCommands() map[string]command {
	return map[string]command{
		"snapshot": {files, "", "remembers every file of the script by its mode and content", 0, 0, snapshot},
		"unchanged": {files, "[PATH…]", "checks that no file was made, changed or removed since the snapshot, but " +
			"below PATH",
			0, many, unchanged},
		"keeps": {files, "OLD NEW", "checks that NEW has all lines of OLD, in their order", 2, 2, keeps},
		"mode":  {files, "PERM FILE", "checks the permissions of a file", 2, 2, mode},
		"capture": {files, "NAME REGEXP [FILE]", "sets a variable to what matches in a file, by default stdout", 2, 3,
			capture},
		"base64":   {files, "NAME FILE", "sets a variable to the content of a file, encoded", 2, 2, toBase64},
		"envsubst": {files, "FROM TO", "copies a file with the variables in it replaced", 2, 2, envSubst},
	}
}

// tree describes every file below the script's folder by its mode and content.
func tree(root string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		description := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			description += fmt.Sprintf(" %x", sha256.Sum256(data))
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			description += " " + target
		}
		name, err := filepath.Rel(root, path)
		files[name] = description
		return err
	})
	return files, err
}

func snapshot(_ *testscript.TestScript, w *World, _ []string) (err error) {
	w.snapshot, err = tree(w.Env.WorkDir)
	return err
}

func unchanged(_ *testscript.TestScript, w *World, except []string) error {
	now, err := tree(w.Env.WorkDir)
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(now))
	for name := range w.snapshot {
		if _, ok := now[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		excepted := slices.ContainsFunc(except, func(e string) bool {
			return name == e ||
				strings.HasPrefix(name, e+"/")
		})
		if !excepted && now[name] != w.snapshot[name] {
			return fmt.Errorf("%s is %q, was %q", name, cmp.Or(now[name], "gone"),
				cmp.Or(w.snapshot[name], "not there"))
		}
	}
	return nil
}

func keeps(ts *testscript.TestScript, _ *World, args []string) error {
	rest := strings.SplitAfter(ts.ReadFile(args[1]), "\n")
	for _, line := range strings.SplitAfter(ts.ReadFile(args[0]), "\n") {
		i := slices.Index(rest, line)
		if i < 0 {
			return fmt.Errorf("%s no longer has, in this place, the line %q", args[1], line)
		}
		rest = rest[i+1:]
	}
	return nil
}

func capture(ts *testscript.TestScript, _ *World, args []string) error {
	file := "stdout"
	if len(args) == 3 {
		file = args[2]
	}
	pattern, err := regexp.Compile(args[1])
	if err != nil {
		return err
	}
	match := pattern.FindString(ts.ReadFile(file))
	if match == "" {
		return fmt.Errorf("%s does not match %s", file, args[1])
	}
	ts.Setenv(args[0], match)
	return nil
}

func toBase64(ts *testscript.TestScript, _ *World, args []string) error {
	ts.Setenv(args[0], base64.StdEncoding.EncodeToString([]byte(ts.ReadFile(args[1]))))
	return nil
}

func envSubst(ts *testscript.TestScript, _ *World, args []string) error {
	return os.WriteFile(ts.MkAbs(args[1]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o600)
}

func mode(ts *testscript.TestScript, _ *World, args []string) error {
	info, err := os.Stat(ts.MkAbs(args[1]))
	if err != nil {
		return err
	}
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[0] {
		return fmt.Errorf("mode %s, want %s", got, args[0])
	}
	return nil
}
