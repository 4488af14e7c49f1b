package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

var update = flag.Bool("update", false, "update the scripts' expected output")

// standIn takes the place of kubectl-edge, and tells how it was called.
const standIn = `#!/bin/sh
echo "$0: $*"
exit 7
`

// TestScripts runs the helper as it is alone, without anybody to mint. cmd/kubectl-edge tests the two together.
func TestScripts(t *testing.T) {
	bin := t.TempDir()
	// Not testscript.Main, which would hide from the helper by which path it was called.
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(bin, "kubectl-edge"), []byte(standIn), 0o700); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true, RequireUniqueNames: true, UpdateScripts: *update,
		Setup: func(e *testscript.Env) error { return setUp(e, bin) },
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"store": store},
	})
}

// setUp makes the folders of a person, and puts the programs in bin first on PATH.
func setUp(e *testscript.Env, bin string) error {
	for name, folder := range map[string]string{
		"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache", "XDG_RUNTIME_DIR": "runtime",
	} {
		path := filepath.Join(e.WorkDir, folder)
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		e.Setenv(name, path)
	}
	e.Setenv("BIN", bin)
	e.Setenv("PATH", bin+string(os.PathListSeparator)+e.Getenv("PATH"))
	return nil
}

// store TOKEN LIFE LEFT ARGUMENT… puts a token into the cache that answers the arguments.
func store(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: store TOKEN LIFE LEFT ARGUMENT…")
	}
	life, err := time.ParseDuration(args[1])
	ts.Check(err)
	left, err := time.ParseDuration(args[2])
	ts.Check(err)
	tokens, key := cache(ts, args[3:])
	expires := time.Now().Add(left)
	ts.Check(tokens.Put(key, tokencache.Entry{Token: args[0], Issued: expires.Add(-life), Expires: expires}))
}

// cache returns the person's cache, and the key of the token in it that answers the arguments.
func cache(ts *testscript.TestScript, args []string) (tokencache.Store, tokencache.Key) {
	request, err := tokenrequest.Parse(args)
	ts.Check(err)
	folder := func(variable string) string { return filepath.Join(ts.Getenv(variable), "kubectl-edge") }
	d := dirs.Dirs{
		Config: folder("XDG_CONFIG_HOME"), State: folder("XDG_STATE_HOME"), Cache: folder("XDG_CACHE_HOME"), Runtime: folder("XDG_RUNTIME_DIR"),
	}
	key, err := request.Key(d, ts.Getenv)
	ts.Check(err)
	tokens, err := tokencache.Open(d, "", func(string) string { return "" })
	ts.Check(err)
	return tokens, key
}
