//go:build system

package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/machineapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/machineapi/machineapitest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/scripttest"
)

// TestTalos runs the scripts about Talos' machine API, with a real Kubernetes API that has the secret, and the real
// talosctl.
func TestTalos(t *testing.T) {
	t.Parallel()
	talosctl := scripttest.Talosctl(t)
	requests := scripttest.NewRequests()
	running := clustertest.Start(t, requests.Observe)
	authority := machineapitest.NewAuthority(t)
	address, misbehave := machineapitest.Serve(t, authority)
	admin := authority.Administrator(t, address).With("nodes", []string{"127.0.0.1"})
	expiredCrt, expiredKey := authority.ClientUntil(t, time.Now().Add(-time.Hour))
	files := map[string]machineapitest.Context{
		"admin": admin,
		"half":  admin.With("key", machineapitest.Encoded(expiredKey)),
		"expired": admin.With("crt", machineapitest.Encoded(expiredCrt)).
			With("key", machineapitest.Encoded(expiredKey)),
		"login":    admin.With("auth", map[string]any{"basic": map[string]any{"username": "u", "password": "p"}}),
		"url":      admin.With("endpoints", []string{"http://attacker.example/x"}),
		"path":     admin.With("endpoints", []string{"../../etc"}),
		"nodeless": admin.With("nodes", nil),
		"away":     admin.With("endpoints", []string{"127.0.0.1:1"}),
		"other":    machineapitest.NewAuthority(t).Administrator(t, address),
	}
	p := scripttest.Params(filepath.Join("testdata", "talos"), *update, func(e *testscript.Env) error {
		misbehave("")
		for name, context := range files {
			path := filepath.Join(e.WorkDir, name+".talosconfig")
			if err := os.WriteFile(path, context.File(t), 0o600); err != nil {
				return err
			}
		}
		scripttest.AddToPath(e, clustertest.Servers(t))
		scripttest.AddToPath(e, talosctl)
		e.Setenv("TALOSCTL", filepath.Join(talosctl, "talosctl"))
		e.Setenv("ADMIN", running.Kubeconfig)
		e.Setenv("MACHINE", address)
		return (&scripttest.World{Sandbox: running.Sandbox, Requests: requests}).SetUp(e)
	})
	scripts, err := filepath.Glob(filepath.Join(p.Dir, "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("scripts: %v, %v", scripts, err)
	}
	// machine FAULT has the machine API misbehave; machine well has it answer as it should.
	p.Cmds["machine"] = func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) != 1 || args[0] != "well" && !slices.Contains(machineapi.Faults(), args[0]) {
			ts.Fatalf("usage: machine well|%s", strings.Join(machineapi.Faults(), "|"))
		}
		misbehave(strings.TrimPrefix(args[0], "well"))
	}
	// secret NAME FILE makes FILE the talosconfig in the secret of the edge cluster NAME.
	p.Cmds["secret"] = func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) != 2 {
			ts.Fatalf("usage: secret NAME FILE")
		}
		ts.Check(replaceSecret(running.Kubeconfig, args[0]+"-talosconfig", ts.MkAbs(args[1])))
	}
	p.Cmds["memory"] = memory(func() []byte {
		key, err := base64.StdEncoding.DecodeString(admin["key"].(string))
		if err != nil {
			t.Fatal(err)
		}
		return key
	})
	p.Dir = ""
	// In turn: there is one machine API. The edge clusters that the scripts make go, so that the sandbox's is the only
	// one.
	for _, script := range scripts {
		p.Files = []string{script}
		name := strings.TrimSuffix(filepath.Base(script), ".txtar")
		t.Run(name, func(t *testing.T) { testscript.Run(t, p) })
	}
}

func replaceSecret(kubeconfig, name, file string) error {
	kubectl := func(args ...string) error {
		cmd := exec.Command("kubectl", append([]string{"--kubeconfig", kubeconfig}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("kubectl %s: %w: %s", args[0], err, out)
		}
		return nil
	}
	if err := kubectl("delete", "secret", name, "--ignore-not-found"); err != nil {
		return err
	}
	return kubectl("create", "secret", "generic", name, "--from-file=talosconfig="+file)
}
