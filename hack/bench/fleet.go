package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// fleetSize is how many contexts there are, each with a cluster and a user of its own.
const fleetSize = 200

// fleet measures one command for many contexts: in one process, and with a kubectl for each, beside eight kubectls at
// once. They are of one server: it does the same work for all.
func (s *stage) fleet(rounds func(int) int) ([]result, error) {
	kubeconfig, names, err := writeFleet(filepath.Join(os.Getenv("HOME"), "fleet"))
	if err != nil {
		return nil, err
	}
	env := []string{"KUBECONFIG=" + kubeconfig}
	edge := filepath.Join(s.tree, "bin", "kubectl-edge")
	each := func(args ...string) command {
		return command{args: append([]string{edge, "each", "--context", "*", "--"}, args...), env: env}
	}
	commands := map[string]command{
		"each":    each("get", "namespaces"),
		"kubectl": each("get", "namespaces", "-v=0"), // a flag that has kubectl started
		"xargs": {env: env, args: []string{"sh", "-c",
			`xargs -P 8 -I{} kubectl --context {} get namespaces <"$1"`, "sh", names}},
	}
	walls, processors := map[string]timing{}, map[string]timing{}
	for round := range rounds(5) + 1 {
		for name, c := range commands {
			wall, processor, err := cost(c)
			if err != nil {
				return nil, err
			}
			if round > 0 { // the first fills caches
				walls[name], processors[name] = append(walls[name], wall), append(processors[name], processor)
			}
		}
	}
	what := fmt.Sprintf("kubectl edge each, %d contexts, get", fleetSize)
	started := fmt.Sprintf("kubectl edge each, %d contexts, with kubectl started", fleetSize)
	const xargs = "xargs -P 8 kubectl"
	return []result{
		compare(what+": wall", xargs, 0.12, walls["each"], walls["xargs"]),
		compare(what+": processor", xargs, 0.08, processors["each"], processors["xargs"]),
		compare(started+": wall", xargs, 0.7, walls["kubectl"], walls["xargs"]),
		compare(started+": processor", xargs, 0.7, processors["kubectl"], processors["xargs"]),
	}, nil
}

// writeFleet writes a kubeconfig with many copies of the instance's context, and a list of their names.
func writeFleet(dir string) (kubeconfig, names string, err error) {
	config, err := clientcmd.LoadFromFile(os.Getenv("KUBECONFIG"))
	if err != nil {
		return "", "", err
	}
	fleet := api.NewConfig()
	var list strings.Builder
	for i := range fleetSize {
		name := fmt.Sprintf("site%03d", i)
		fleet.Clusters[name], fleet.AuthInfos[name] = config.Clusters[context], config.AuthInfos[context]
		fleet.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name}
		fmt.Fprintln(&list, name)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", err
	}
	kubeconfig, names = filepath.Join(dir, "kubeconfig"), filepath.Join(dir, "names")
	if err := clientcmd.WriteToFile(*fleet, kubeconfig); err != nil {
		return "", "", err
	}
	return kubeconfig, names, os.WriteFile(names, []byte(list.String()), 0o600)
}
