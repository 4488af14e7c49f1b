package scripttest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func clusterCommands() map[string]command {
	return map[string]command{
		"cluster": {clusters, "NAME WORD…",
			"does these things with an edge cluster, one after the other: add, start, recreate, rotate-ca, " +
				"rotate-ca=keep-old, remove, readable=false and readable=true (whether the instance's users may read " +
				"secrets), or SETTING=VALUE as edge-sandbox cluster set has them: status, signer, signing-duration, " +
				"secret, administrator, front, talosconfig, machine-api; each script begins with normal ones",
			2, many, changeCluster},
		"audit": {clusters, "NAME", "prints the audit log of an edge cluster", 1, 1, printAudit},
		"audited": {clusters, "NAME REGEXP…",
			"waits until a line of an edge cluster's audit log matches all of these", 2, many, audited},
		"strays": {clusters, "NAME N",
			"checks how often somebody followed a hostile secret of an edge cluster: connected to where it leads, or " +
				"ran its command", 2, 2, strays},
	}
}

// changeCluster takes settings together, so that each is done with what came before it.
func changeCluster(_ *testscript.TestScript, w *World, args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	set, name, err := w.Sandbox.EdgeClusters(args[0])
	if err != nil {
		return err
	}
	for _, word := range args[1:] {
		var err error
		switch word {
		case "add":
			err = set.Add(ctx, name)
		case "start":
			err = set.Start(ctx, name)
		case "recreate":
			err = set.Recreate(ctx, name)
		case "remove":
			err = set.Remove(ctx, name)
		case "rotate-ca", "rotate-ca=keep-old":
			err = set.RotateCA(ctx, name, word != "rotate-ca")
		case "readable=true", "readable=false":
			err = set.LetReadSecrets(ctx, word == "readable=true")
		default:
			err = changeSetting(ctx, set, name, word)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func changeSetting(ctx context.Context, set sandbox.EdgeClusters, name, word string) error {
	setting, value, ok := strings.Cut(word, "=")
	var s sandbox.EdgeClusterSettings
	if setting == "signing-duration" {
		d, err := time.ParseDuration(value)
		if err != nil {
			return err
		}
		s.SigningDuration = sandbox.Duration(d)
	} else {
		if setting == "machine-api" {
			setting = "machineApi"
		}
		if _, known := sandbox.EdgeClusterWords()[setting]; !ok || !known {
			return fmt.Errorf("an edge cluster has no %q", word)
		}
		text, err := json.Marshal(map[string]string{setting: value})
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
	}
	if err := s.Check(); err != nil {
		return err
	}
	return set.Set(ctx, name, s)
}

func printAudit(ts *testscript.TestScript, w *World, args []string) error {
	set, name, err := w.Sandbox.EdgeClusters(args[0])
	if err != nil {
		return err
	}
	log, err := set.Audit(name)
	if err != nil {
		return err
	}
	_, err = ts.Stdout().Write(log)
	return err
}

// audited waits, since a line is written after the client has its answer.
func audited(_ *testscript.TestScript, w *World, args []string) error {
	set, name, err := w.Sandbox.EdgeClusters(args[0])
	if err != nil {
		return err
	}
	var wanted []*regexp.Regexp
	for _, pattern := range args[1:] {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return err
		}
		wanted = append(wanted, re)
	}
	return until(func() error {
		log, err := set.Audit(name)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(log)) {
			if !slices.ContainsFunc(wanted, func(re *regexp.Regexp) bool { return !re.MatchString(line) }) {
				return nil
			}
		}
		return fmt.Errorf("no line of the audit log matches %q", args[1:])
	})
}

func strays(_ *testscript.TestScript, w *World, args []string) error {
	for _, c := range w.Sandbox.ListEdgeClusters() {
		if c.Name != args[0] {
			continue
		}
		if got := fmt.Sprint(c.Strays); got != args[1] {
			return fmt.Errorf("%s strays, want %s", got, args[1])
		}
		return nil
	}
	return fmt.Errorf("no edge cluster %s", args[0])
}
