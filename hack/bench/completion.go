package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
)

// completions measures what a Tab key starts: kubectl, which asks kubectl_complete-edge for the names of instances. At
// hand are names of the last minute; the first Tab asks the API. Beside it stands what kubectl lists by itself, the
// namespaces of a cluster, for which it asks that cluster each time.
func (s *stage) completions(rounds func(int) int) ([]result, error) {
	links := filepath.Join(os.Getenv("HOME"), "completers")
	if err := os.MkdirAll(links, 0o700); err != nil {
		return nil, err
	}
	program := filepath.Join(s.tree, "bin", "kubectl-edge")
	link := filepath.Join(links, "kubectl_complete-edge")
	if err := os.Symlink(program, link); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	tab := func(words ...string) command {
		return command{args: append([]string{"kubectl", "__complete"}, append(words, "")...), chatty: true,
			env: []string{"PATH=" + links + string(filepath.ListSeparator) + os.Getenv("PATH")}}
	}
	names, namespaces := tab("edge", "instance", "describe"), tab("get", "namespaces")
	folders, err := dirs.For("kubectl-edge")
	if err != nil {
		return nil, err
	}
	lists := filepath.Join(folders.Cache, "lists")
	forget := func() error { return os.RemoveAll(lists) }
	before := map[string]func() error{
		"kept":  func() error { _, err := measure(names); return err },
		"first": forget,
	}
	t, err := contest{
		rounds:   rounds(60),
		commands: map[string]command{"kept": names, "first": names, "kubectl": namespaces},
		before:   before,
		after: map[string]func() error{"kept": func() error {
			if _, err := os.Stat(lists); err != nil {
				return errors.New("completion kept no list: it is not what was measured")
			}
			return nil
		}},
	}.run()
	if err != nil {
		return nil, err
	}
	const ours, theirs = "completion of instances through kubectl, ", "kubectl's completion of namespaces"
	return []result{
		compare(ours+"names at hand: wall", theirs, 1.5, t["kept"], t["kubectl"]),
		compare(ours+"the first: wall", theirs, 1.8, t["first"], t["kubectl"]),
	}, nil
}
