package edge

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// clusterNames completes --cluster: the edge clusters of the instance that the other flags choose.
func (a *app) clusterNames(ctx context.Context, cmd *cobra.Command, _ string) []string {
	which := fleetFlags{ids: values(cmd.Flags(), "instance-id"), names: values(cmd.Flags(), "name")}
	if which.several() || !which.none() && which.validate() != nil {
		return nil
	}
	quiet := *a
	quiet.ErrOut = io.Discard
	cloud, err := quiet.here(ctx, &which)
	if err != nil {
		return nil
	}
	return quiet.clusterWords(ctx, cloud, which, "")
}

// instancesOrClusters completes INSTANCE, and INSTANCE/CLUSTER once there is a slash.
func (a *app) instancesOrClusters(ctx context.Context, cmd *cobra.Command, word string) []string {
	instance, _, found := strings.Cut(word, "/")
	if !found {
		return a.instances(ctx, func(id, name string) string { return id + "\t" + name })
	}
	one := instanceFlags{}
	if err := one.take([]string{instance}); err != nil {
		return nil
	}
	which := fleetFlags{}
	which.add(one)
	cloud, err := a.projectCloud(ctx)
	if err != nil {
		return nil
	}
	return a.clusterWords(ctx, cloud, which, instance+"/")
}

// clusterWords are the names of the edge clusters of an instance, after the prefix. An instance of which no token is
// cached mints one, which the command that is being typed needs as well.
func (a *app) clusterWords(ctx context.Context, cloud edgeCloud, which fleetFlags, prefix string) []string {
	instance, err := which.each()[0].get(ctx, cloud)
	if err != nil {
		return nil
	}
	api, err := a.managerAPI(ctx, cloud, instance.Id)
	if err != nil {
		return nil
	}
	clusters, err := edgecluster.List(ctx, api, "")
	if err != nil {
		return nil
	}
	var words []string
	for _, c := range clusters {
		words = append(words, prefix+c.Name+"\t"+plugin.Count(c.Nodes, "node")+", Kubernetes "+c.Kubernetes)
	}
	return words
}

// values are those of a flag that takes several, each once: to complete, cobra parses the flags twice.
func values(fs *pflag.FlagSet, name string) []string {
	list, ok := fs.Lookup(name).Value.(pflag.SliceValue)
	if !ok {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(list.GetSlice())))
}
