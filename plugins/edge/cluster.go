package edge

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

func newClusterCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "cluster", Aliases: []string{"clusters"},
		Short: "Show the edge clusters of instances"}
	cmd.AddCommand(newClusterListCmd(a), newClusterDescribeCmd(a))
	return cmd
}

// homedCluster is an edge cluster with the instance that manages it.
type homedCluster struct {
	Instance   string `json:"instance"` // its name
	InstanceID string `json:"instanceId"`
	ProjectID  string `json:"projectId"`
	Project    string `json:"projectName,omitempty"` // where edge clusters of several are listed
	Region     string `json:"region"`
	Current    bool   `json:"current"` // the current context is one of it
	edgecluster.Cluster
}

func newClusterListCmd(a *app) *cobra.Command {
	var out output.Flags
	var which fleetFlags
	var only clusterFlags // chosen by arguments alone
	var namespace string
	var allProjects bool
	cmd := &cobra.Command{
		Use:   "list [INSTANCE[/CLUSTER]…]",
		Short: "List the edge clusters of one, several or all instances, or of all projects",
		Long: `List the edge clusters of one, several or all instances, or of all projects.

Without an instance and --all it is the instance of the current context, or the only one of the project. With
--all-projects it is all instances of each project that you are a member of, in the region. Several are asked in
parallel. What cannot be reached is reported for each, the rest is printed, and the exit code is 1.`,
		Example: `  kubectl edge cluster list
  kubectl edge cluster list demo
  kubectl edge cluster list --all -o wide
  kubectl edge cluster list --all-projects --sort-by .kubernetes
  kubectl edge cluster list --all -o jsonpath='{range .items[?(@.ready==false)]}{.instance}/{.cluster}{"\n"}{end}'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			if err := which.take(args, &only); err != nil {
				return usageError{err}
			}
			if err := which.validateAny(); err != nil {
				return usageError{err}
			}
			if err := checkClusterNamespace(namespace); err != nil {
				return usageError{err}
			}
			if allProjects {
				if !which.none() || a.choice.ProjectID != "" {
					return usageError{errors.New("want either --all-projects, or --project-id or instances")}
				}
				return a.listAllClusters(cmd.Context(), namespace, out)
			}
			cloud, err := a.here(cmd.Context(), &which)
			if err != nil {
				return err
			}
			return a.listClusters(cmd.Context(), cloud, which, only, namespace, out)
		},
	}
	which.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&namespace, "cluster-namespace", "",
		"only edge clusters of this namespace of the instance (default: of all)")
	cmd.Flags().BoolVarP(&allProjects, "all-projects", "A", false, "list the edge clusters of all of your projects")
	out.AddListFlags(cmd.Flags())
	return cmd
}

// listAllClusters lists the edge clusters of all instances of all projects.
func (a *app) listAllClusters(ctx context.Context, namespace string, out output.Flags) error {
	s, err := a.currentScope()
	if err != nil {
		return err
	}
	cloud, err := a.personsCloud(ctx, s)
	if err != nil {
		return err
	}
	all, err := a.allProjectsOf(ctx, cloud)
	if err != nil {
		return err
	}
	a.Report(all.errs, a.verbose)
	var instances []stackit.Instance
	var of []int // the project of each
	for i := range all.projects {
		for _, instance := range all.instances[i] {
			instances, of = append(instances, instance), append(of, i)
		}
	}
	found := make([][]homedCluster, len(instances))
	errs, err := askAll(ctx, a, cloud, patienceFlags{noWait: true}, instances,
		func(cloud edgeCloud, i int, instance stackit.Instance) (err error) {
			cloud = all.in(cloud, of[i])
			found[i], err = a.clustersOf(ctx, cloud, instance, nil, namespace)
			for j := range found[i] {
				found[i][j].Project = all.projects[of[i]].Name
			}
			a.markCurrent(cloud, found[i])
			return err
		})
	if err != nil {
		return err
	}
	a.Report(errs, a.verbose)
	failed := plugin.Those(errs, instances, func(i stackit.Instance) string { return i.Id })
	clusters := slices.Concat(found...)
	if len(clusters)+len(failed)+len(all.failed) == 0 {
		a.Note("No edge clusters found in %s of %s, region %s.", plugin.Count(len(all.projects), "project"),
			hint.Printable(all.principal), s.Region)
	}
	kind := clusterKind()
	kind.Columns = slices.Insert(kind.Columns, 1, output.Column[homedCluster]{Name: "PROJECT",
		Value: func(c homedCluster) string {
			return all.name(stackit.Project{ProjectId: c.ProjectID, Name: c.Project})
		}})
	kind.Columns = append(kind.Columns, output.Column[homedCluster]{Name: "PROJECT ID", Wide: true,
		Value: func(c homedCluster) string { return c.ProjectID }})
	if err := output.List(a.Out, out, kind, clusters); err != nil {
		return err
	}
	return cmp.Or(plugin.Incomplete(all.failed, len(all.projects), "project", "asked"),
		plugin.Incomplete(failed, len(instances), "instance", "reached"))
}

func (a *app) listClusters(ctx context.Context, cloud edgeCloud, which fleetFlags, only clusterFlags,
	namespace string, out output.Flags) error {
	instances, failed, err := which.get(ctx, a, cloud)
	if err != nil {
		return err
	}
	total := len(failed) + len(instances)
	found := make([][]homedCluster, len(instances))
	list := func(cloud edgeCloud, i int, instance stackit.Instance) (err error) {
		found[i], err = a.clustersOf(ctx, cloud, instance, only.at(instance.Id).names, namespace)
		return err
	}
	if !which.several() {
		if err := list(cloud, 0, instances[0]); err != nil {
			return err
		}
	} else {
		errs, err := askAll(ctx, a, cloud, patienceFlags{noWait: true}, instances, list)
		if err != nil {
			return err
		}
		a.Report(errs, a.verbose)
		failed = append(failed, plugin.Those(errs, instances, func(i stackit.Instance) string { return i.Id })...)
	}
	var clusters []homedCluster
	for _, of := range found {
		clusters = append(clusters, of...)
	}
	if len(clusters) == 0 && len(failed) == 0 {
		a.Note("No edge clusters found.")
	}
	a.markCurrent(cloud, clusters)
	if err := output.List(a.Out, out, clusterKind(), clusters); err != nil {
		return err
	}
	return plugin.Incomplete(failed, total, "instance", "reached")
}

// clustersOf asks an instance for its edge clusters: those of these names, or all.
func (a *app) clustersOf(ctx context.Context, cloud edgeCloud, instance stackit.Instance, names []string,
	namespace string) ([]homedCluster, error) {
	config, err := a.reach(ctx, cloud, instance.Id)
	if err != nil {
		return nil, err
	}
	list, err := edgecluster.List(ctx, config, namespace)
	if err != nil {
		return nil, err
	}
	var clusters []homedCluster
	for _, c := range list {
		if len(names) == 0 || slices.Contains(names, c.Name) {
			clusters = append(clusters, home(cloud, instance, c))
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(clusters, func(c homedCluster) bool { return c.Name == name }) {
			return clusters, noCluster(instance.Id, name, list)
		}
	}
	return clusters, nil
}

func home(cloud edgeCloud, instance stackit.Instance, c edgecluster.Cluster) homedCluster {
	return homedCluster{Instance: instance.DisplayName, InstanceID: instance.Id, ProjectID: cloud.ProjectID,
		Region: cloud.Region, Cluster: c}
}

// markCurrent marks the edge cluster that the current context is one of.
func (a *app) markCurrent(cloud edgeCloud, clusters []homedCluster) {
	request, err := a.current.get()
	if err != nil || !request.in(cloud.Scope) {
		return
	}
	for i, c := range clusters {
		clusters[i].Current = c.InstanceID == request.InstanceID && c.Name == request.Cluster &&
			c.Namespace == request.ClusterNamespace
	}
}

func clusterKind() output.Kind[homedCluster] {
	return output.Kind[homedCluster]{
		Name: "Cluster",
		ID:   func(c homedCluster) string { return c.Name },
		Columns: []output.Column[homedCluster]{
			{Name: "CURRENT", Value: func(c homedCluster) string { return mark(c.Current) }},
			{Name: "INSTANCE", Value: func(c homedCluster) string { return c.Instance }},
			{Name: "NAME", Value: func(c homedCluster) string { return c.Name }},
			{Name: "NAMESPACE", Value: func(c homedCluster) string { return c.Namespace }},
			{Name: "READY", Value: func(c homedCluster) string { return readiness(c.Ready) }},
			{Name: "KUBERNETES", Value: func(c homedCluster) string { return c.Kubernetes }},
			{Name: "TALOS", Value: func(c homedCluster) string { return c.Talos }},
			{Name: "NODES", Value: func(c homedCluster) string { return strconv.Itoa(c.Nodes) }},
			{Name: "REASON", Wide: true, Value: func(c homedCluster) string { return c.Reason }},
			{Name: "CREATED", Wide: true, Value: func(c homedCluster) string { return c.Created.Format(time.RFC3339) }},
			{Name: "INSTANCE ID", Wide: true, Value: func(c homedCluster) string { return c.InstanceID }},
			{Name: "UID", Wide: true, Value: func(c homedCluster) string { return c.UID }},
		},
	}
}

// readiness is how Kubernetes writes the status of a condition.
func readiness(ready bool) string {
	if ready {
		return "True"
	}
	return "False"
}
