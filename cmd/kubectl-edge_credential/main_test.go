package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

var update = flag.Bool("update", false, "update the scripts' expected output")

// standIn takes the place of kubectl-edge, and says how it was called.
const standIn = `#!/bin/sh
echo "$0: $*"
exit 7
`

// TestScripts runs the helper as it is alone, where nobody mints. cmd/kubectl-edge tests the two together.
func TestScripts(t *testing.T) {
	bin := t.TempDir()
	// Not testscript.Main, which would hide from the helper by which path it was called.
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(bin, "kubectl-edge"), []byte(standIn), 0o700); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, scripttest.Params("testdata", *update, setUp(bin)))
}

// setUp makes the folders of a person, and puts the programs in bin first on PATH.
func setUp(bin string) func(*testscript.Env) error {
	return func(e *testscript.Env) error {
		e.Setenv("BIN", bin)
		scripttest.AddToPath(e, bin)
		return (&scripttest.World{}).SetUpPerson(e)
	}
}
