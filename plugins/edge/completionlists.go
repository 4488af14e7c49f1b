package edge

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// What is completed of STACKIT's lists, see list.

func (a *app) projects(ctx context.Context, _ *cobra.Command, _ string) []string {
	choice := a.choice
	choice.ProjectID = "" // it is half typed
	s, err := a.scopeOf(choice)
	if err != nil {
		return nil
	}
	var words []string
	for _, p := range a.list(ctx, s, listProjects, "") {
		words = append(words, p.ID+"\t"+joined(p.Name, p.About))
	}
	return words
}

func (a *app) plans(ctx context.Context, _ *cobra.Command, _ string) []string {
	var words []string
	for _, p := range a.listHere(ctx, listPlans, "") {
		words = append(words, p.ID+"\t"+p.Name+" "+p.About)
	}
	return words
}

// listHere is the list of where commands about instances work.
func (a *app) listHere(ctx context.Context, kind, instance string) []listed {
	s, err := a.quietScope()
	if err != nil {
		return nil
	}
	return a.list(ctx, s, kind, instance)
}

func (a *app) instanceIDs(ctx context.Context, _ *cobra.Command, _ string) []string {
	var words []string
	for _, i := range a.listHere(ctx, listInstances, "") {
		words = append(words, i.ID+"\t"+joined(i.Name, i.About))
	}
	return words
}

func (a *app) instanceNames(ctx context.Context, _ *cobra.Command, _ string) []string {
	var words []string
	for _, i := range a.listHere(ctx, listInstances, "") {
		if plugin.Completes(i.Name) {
			words = append(words, i.Name+"\t"+joined(i.ID, i.About))
		}
	}
	return words
}

// instances completes INSTANCE: by its name, and by its id where the name does not stand for it, or where more than
// the name was typed.
func (a *app) instances(ctx context.Context, _ *cobra.Command, word string) []string {
	all := a.listHere(ctx, listInstances, "")
	names := map[string]int{}
	for _, i := range all {
		names[i.Name]++
	}
	var words []string
	for _, i := range all {
		// With a hyphen, an argument is an id. What cannot be completed leaves its id.
		byName := names[i.Name] == 1 && !strings.Contains(i.Name, "-") && plugin.Completes(i.Name)
		if byName {
			words = append(words, i.Name+"\t"+joined(i.ID, i.About))
		}
		if !byName || !strings.HasPrefix(i.Name, word) {
			words = append(words, i.ID+"\t"+joined(i.Name, i.About))
		}
	}
	return words
}

func joined(a, b string) string { return strings.TrimSuffix(a+", "+b, ", ") }

// instancesOrClusters completes INSTANCE[/CLUSTER]: instances, that more can follow once it is clear which, and after
// the slash the edge clusters.
func (a *app) instancesOrClusters(ctx context.Context, cmd *cobra.Command, word string) []string {
	if strings.Contains(word, "/") {
		return a.clustersTyped(ctx, cmd, word)
	}
	words := slices.DeleteFunc(a.instances(ctx, cmd, word), func(w string) bool { return !strings.HasPrefix(w, word) })
	if len(words) == 1 {
		value, _, _ := strings.Cut(words[0], "\t")
		words = append(words, value+"/\tits edge clusters")
	}
	return words
}

// useTargets completes what use takes: instances, their edge clusters, and once something is typed contexts, which
// would else be there twice.
func (a *app) useTargets(ctx context.Context, cmd *cobra.Command, word string) []string {
	words := a.instancesOrClusters(ctx, cmd, word)
	if word == "" {
		return words
	}
	return append(words, a.edgeContextNames(ctx, cmd, word)...)
}

// clustersOrInstances completes [INSTANCE/]CLUSTER.
func (a *app) clustersOrInstances(ctx context.Context, cmd *cobra.Command, word string) []string {
	if strings.Contains(word, "/") {
		return a.clustersTyped(ctx, cmd, word)
	}
	words := a.clusterNames(ctx, cmd, word)
	for _, w := range a.instances(ctx, cmd, word) {
		value, _, _ := strings.Cut(w, "\t")
		words = append(words, value+"/\tits edge clusters")
	}
	return words
}

// clustersTyped completes the cluster of INSTANCE/CLUSTER.
func (a *app) clustersTyped(ctx context.Context, cmd *cobra.Command, word string) []string {
	instance, _, _ := strings.Cut(word, "/")
	var one instanceFlags
	if one.take([]string{instance}) != nil {
		return nil
	}
	var words []string
	for _, c := range a.clustersListed(ctx, cmd, one) {
		words = append(words, instance+"/"+c.ID+"\t"+c.About)
	}
	return words
}

// clusterNames completes --cluster: the edge clusters of the instance that the other flags choose.
func (a *app) clusterNames(ctx context.Context, cmd *cobra.Command, _ string) []string {
	namespace := ""
	if f := cmd.Flag("cluster-namespace"); f != nil && f.Changed {
		namespace = f.Value.String()
	}
	var words []string
	for _, c := range a.chosenClusters(ctx, cmd) {
		if namespace == "" || c.Name == namespace {
			words = append(words, c.ID+"\t"+c.About)
		}
	}
	return words
}

// clusterNamespaces are those of the instance in which there are edge clusters.
func (a *app) clusterNamespaces(ctx context.Context, cmd *cobra.Command, _ string) []string {
	found := []string{"default"}
	for _, c := range a.chosenClusters(ctx, cmd) {
		found = append(found, c.Name)
	}
	return distinct(found, func(s string) bool { return s != "" })
}

// chosenClusters are the edge clusters of the instance that the flags --instance-id and --name choose.
func (a *app) chosenClusters(ctx context.Context, cmd *cobra.Command) []listed {
	ids, names := values(cmd.Flags(), "instance-id"), values(cmd.Flags(), "name")
	var one instanceFlags
	switch {
	case len(ids)+len(names) > 1:
		return nil
	case len(ids) == 1:
		one.id = ids[0]
	case len(names) == 1:
		one.name = names[0]
	}
	return a.clustersListed(ctx, cmd, one)
}

// clustersListed are the edge clusters of the instance, or where none is chosen of that of the current context, or of
// the only one that there is.
func (a *app) clustersListed(ctx context.Context, cmd *cobra.Command, one instanceFlags) []listed {
	s, err := a.quietScope()
	if err != nil {
		return nil
	}
	if c, err := a.current.get(); err == nil && one == (instanceFlags{}) && c.in(s) {
		one.id = c.InstanceID
	}
	if one.id == "" {
		all := a.list(ctx, s, listInstances, "")
		named := slices.DeleteFunc(slices.Clone(all), func(i listed) bool {
			return one.name != "" && i.Name != one.name
		})
		if len(named) != 1 {
			return nil
		}
		one.id = named[0].ID
	}
	if clusters := a.list(ctx, s, listClusters, one.id); len(clusters) > 0 {
		return clusters
	}
	return a.clustersOfContexts(ctx, cmd, one.id)
}

// clustersOfContexts are the edge clusters of the instance that the kubeconfig has contexts of.
func (a *app) clustersOfContexts(ctx context.Context, cmd *cobra.Command, instanceID string) (clusters []listed) {
	for _, c := range a.edgeContexts(ctx, cmd) {
		known := listed{ID: c.Request.Cluster, Name: c.Request.ClusterNamespace, About: "of the kubeconfig"}
		if c.Request.InstanceID == instanceID && c.Request.Cluster != "" && !slices.Contains(clusters, known) {
			clusters = append(clusters, known)
		}
	}
	return clusters
}

// quietScope is projectScope without a word.
func (a *app) quietScope() (profile.Scope, error) {
	quiet := *a
	quiet.verbose = false // which says where
	quiet.ErrOut = io.Discard
	return quiet.projectScope()
}

// values are those of a flag that takes one or several, each once: to complete, cobra parses the flags twice.
func values(fs *pflag.FlagSet, name string) []string {
	flag := fs.Lookup(name)
	if flag == nil || !flag.Changed {
		return nil
	}
	list, ok := flag.Value.(pflag.SliceValue)
	if !ok {
		return []string{flag.Value.String()}
	}
	return slices.Compact(slices.Sorted(slices.Values(list.GetSlice())))
}
