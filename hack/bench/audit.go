package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
)

const (
	manyUsers = "kubeconfig audit, of 10 MB with 200,000 secrets"
	loadOnly  = "clientcmd.LoadFromFile of the same file"
)

// audits measures an audit of a large kubeconfig against the mere loading of it by client-go, which kubectl does for
// each of its commands: both as processes, with their start.
func (s *stage) audits(rounds func(int) int) ([]result, error) {
	dir := filepath.Join(os.Getenv("HOME"), "audit")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	config, load := filepath.Join(dir, "config"), filepath.Join(dir, "load")
	if err := writeUsers(config, 200_000); err != nil {
		return nil, err
	}
	if _, err := output("go", "-C", s.tree, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", load,
		"./hack/bench/load"); err != nil {
		return nil, err
	}
	commands := map[string]command{
		"load": {args: []string{load, config}},
		"audit": {args: []string{filepath.Join(s.tree, "bin", "kubectl-edge"), "kubeconfig", "audit", config},
			status: 1, chatty: true}, // it finds something, and says so
	}
	t, err := contest{rounds: rounds(7), commands: commands}.run()
	if err != nil {
		return nil, err
	}
	var own, peer, ratio []float64
	for range rounds(7) {
		of := map[string]float64{}
		for name, c := range commands {
			r, err := memory(c)
			if err != nil {
				return nil, err
			}
			of[name] = float64(r.largest) / 1024
		}
		own, peer, ratio = append(own, of["audit"]), append(peer, of["load"]), append(ratio, of["audit"]/of["load"])
	}
	return []result{
		compare(manyUsers+": wall", loadOnly, 3, t["audit"], t["load"]),
		{what: manyUsers + ": memory at most", against: loadOnly, bound: 3, unit: "×", spread: spreadOf(ratio),
			own: spreadOf(own).String() + " MiB", peer: spreadOf(peer).String() + " MiB"},
	}, nil
}

// writeUsers writes a kubeconfig of so many users, each with a token.
func writeUsers(path string, users int) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprint(w, "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {server: "+
		"\"https://c.example\"}\nusers:\n")
	for i := range users {
		fmt.Fprintf(w, "- {name: user-%06d, user: {token: t%08x-%04d}}\n", i, i*7919, i%10_000)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
