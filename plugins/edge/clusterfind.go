package edge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// managedCluster is an edge cluster, and how to reach the instance that manages it.
type managedCluster struct {
	edgecluster.Cluster
	instance stackit.Instance
	api      *rest.Config
}

// String is the edge cluster as messages say it, and as kubectl edge use takes it.
func (c *managedCluster) String() string {
	text := "edge cluster " + c.instance.DisplayName + "/" + c.Name
	if c.Namespace != tokenrequest.DefaultNamespace {
		text += " of namespace " + c.Namespace
	}
	return text
}

// findClusters returns the chosen edge clusters of the chosen instances. Where there may be several, those that cannot
// be had are reported and named.
func (a *app) findClusters(ctx context.Context, cloud edgeCloud, which fleetFlags, f clusterFlags,
	patience patienceFlags) (clusters []*managedCluster, failed []string, err error) {
	instances, failed, err := which.get(ctx, a, cloud)
	if err != nil {
		return nil, nil, err
	}
	found := make([][]*managedCluster, len(instances))
	errs, missing := make([][]error, len(instances)), make([][]string, len(instances))
	find := func(cloud edgeCloud, i int, instance stackit.Instance) error {
		found[i], missing[i], errs[i] = a.managed(ctx, cloud, instance, f.at(instance.Id))
		return nil // they are in errs
	}
	if !which.several() {
		cloud, end := a.waiting(cloud, instances[0].Id, patience)
		_ = find(cloud, 0, instances[0])
		end()
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if !f.several() && len(errs[0]) == 1 {
			return nil, nil, errs[0][0]
		}
	} else if _, err := askAll(ctx, a, cloud, patience, instances,
		func(i stackit.Instance) string { return i.Id }, find); err != nil {
		return nil, nil, err
	}
	for i := range instances {
		clusters = append(clusters, found[i]...)
		failed = append(failed, missing[i]...)
	}
	a.Report(slices.Concat(errs...), a.verbose)
	if len(clusters) == 0 && len(failed) == 0 {
		a.Note("No edge clusters found in %s.", plugin.Count(len(instances), "instance"))
	}
	return clusters, failed, nil
}

// managed returns the chosen edge clusters of one instance, and the names of those that cannot be had, or its own.
func (a *app) managed(ctx context.Context, cloud edgeCloud, instance stackit.Instance,
	f clusterFlags) (clusters []*managedCluster, missing []string, errs []error) {
	api, err := a.managerAPI(ctx, cloud, instance.Id)
	if err != nil {
		return nil, []string{instance.Id}, []error{err}
	}
	if f.all {
		list, err := edgecluster.List(ctx, api, f.namespace)
		if err != nil {
			return nil, []string{instance.Id}, []error{fmt.Errorf("instance %s: %w", instance.Id, err)}
		}
		for _, c := range list {
			clusters = append(clusters, &managedCluster{c, instance, api})
		}
		return clusters, nil, nil
	}
	for _, name := range f.names {
		c, err := edgecluster.Get(ctx, api, f.home(), name)
		if err != nil {
			err = fmt.Errorf("instance %s: %w", instance.Id, err)
			if _, none := errors.AsType[*edgecluster.NotFoundError](err); none {
				list, _ := edgecluster.List(ctx, api, f.namespace) // for what may have been meant
				err = suggestCluster(err, instance.Id, name, list)
			}
			errs, missing = append(errs, err), append(missing, instance.Id+"/"+name)
			continue
		}
		clusters = append(clusters, &managedCluster{c, instance, api})
	}
	return clusters, missing, errs
}

// managerAPI is the API server of the instance, asked with the profile of the cloud.
func (a *app) managerAPI(ctx context.Context, cloud edgeCloud, instanceID string) (*rest.Config, error) {
	return a.instanceAPI(ctx, tokenrequest.Request{ProjectID: cloud.ProjectID, Region: cloud.Region,
		InstanceID: instanceID, Profile: cloud.Name})
}

// noCluster is the error for an edge cluster that the list of its instance does not have.
func noCluster(instanceID, name string, list []edgecluster.Cluster) error {
	return suggestCluster(fmt.Errorf("instance %s: no edge cluster %q", instanceID, name), instanceID, name, list)
}

// suggestCluster names those of the list that somebody may have meant who named an edge cluster that is not there.
func suggestCluster(err error, instanceID, name string, clusters []edgecluster.Cluster) error {
	var names []string
	for _, c := range clusters {
		names = append(names, c.Name)
	}
	if like := hint.Nearest(name, names); like != "" {
		return hint.Wrap(err, "did you mean %s?", like)
	}
	return hint.Wrap(err, "kubectl edge cluster list --instance-id %s", instanceID)
}
