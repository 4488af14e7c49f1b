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

// foundClusters are edge clusters, and what kept others from being found, which was reported.
type foundClusters struct {
	clusters  []*managedCluster
	missing   []string // INSTANCE/CLUSTER
	unreached []string // instances, of which nothing is known
	instances int      // how many were to be asked
}

// incomplete is the error of a command that did something for each edge cluster, but for those that failed, or nil.
func (f foundClusters) incomplete(failed []string, done int, noun, what string) error {
	failed = slices.Concat(f.missing, failed)
	lost := plugin.Incomplete(f.unreached, f.instances, "instance", "reached")
	err := plugin.Incomplete(failed, len(failed)+done, noun, what)
	switch {
	case lost == nil:
		return err
	case err == nil:
		return lost
	}
	return fmt.Errorf("%w; %w", lost, err)
}

// findClusters returns the chosen edge clusters of the chosen instances. Where there may be several, those that cannot
// be had are reported and named.
func (a *app) findClusters(ctx context.Context, cloud edgeCloud, which fleetFlags, f clusterFlags,
	patience patienceFlags) (all foundClusters, err error) {
	instances, unreached, err := which.get(ctx, a, cloud)
	if err != nil {
		return all, err
	}
	all = foundClusters{unreached: unreached, instances: len(instances) + len(unreached)}
	found := make([]foundClusters, len(instances))
	errs := make([][]error, len(instances))
	find := func(cloud edgeCloud, i int, instance stackit.Instance) (err error) {
		found[i], errs[i], err = a.managed(ctx, cloud, instance, f.at(instance.Id))
		return err
	}
	if !which.several() {
		cloud, end := a.waiting(cloud, instances[0].Id, patience)
		err := find(cloud, 0, instances[0])
		end()
		switch {
		case ctx.Err() != nil:
			return all, ctx.Err()
		case err != nil:
			return all, err
		case !f.several() && len(errs[0]) == 1:
			return all, errs[0][0]
		}
	} else {
		lost, err := askAll(ctx, a, cloud, patience, instances, find)
		if err != nil {
			return all, err
		}
		a.Report(lost, a.verbose)
		all.unreached = append(all.unreached,
			plugin.Those(lost, instances, func(i stackit.Instance) string { return i.Id })...)
	}
	for _, of := range found {
		all.clusters, all.missing = append(all.clusters, of.clusters...), append(all.missing, of.missing...)
	}
	a.Report(slices.Concat(errs...), a.verbose)
	if len(all.clusters)+len(all.missing)+len(all.unreached) == 0 {
		a.Note("No edge clusters found in %s.", plugin.Count(all.instances, "instance"))
	}
	return all, nil
}

// managed returns the chosen edge clusters of one instance, with an error for each that cannot be had. The last error
// is that of the instance.
func (a *app) managed(ctx context.Context, cloud edgeCloud, instance stackit.Instance, f clusterFlags) (
	found foundClusters, errs []error, err error) {
	api, err := a.reach(ctx, cloud, instance.Id)
	if err != nil {
		return found, nil, err
	}
	if f.all {
		list, err := edgecluster.List(ctx, api, f.namespace)
		if err != nil {
			return found, nil, fmt.Errorf("instance %s: %w", instance.Id, err)
		}
		for _, c := range list {
			found.clusters = append(found.clusters, &managedCluster{c, instance, api})
		}
		return found, nil, nil
	}
	for _, name := range f.names {
		c, err := edgecluster.Get(ctx, api, f.home(), name)
		if err != nil {
			err = fmt.Errorf("instance %s: %w", instance.Id, err)
			if _, none := errors.AsType[*edgecluster.NotFoundError](err); none {
				list, _ := edgecluster.List(ctx, api, "") // for what may have been meant
				err = suggestCluster(err, instance.Id, name, list)
			}
			errs, found.missing = append(errs, err), append(found.missing, instance.Id+"/"+name)
			continue
		}
		found.clusters = append(found.clusters, &managedCluster{c, instance, api})
	}
	return found, errs, nil
}

// reach is managerAPI for a command of a person, who waits as long as the cloud's client does, and who may have mended
// what has just kept the helper from a token.
func (a *app) reach(ctx context.Context, cloud edgeCloud, instanceID string) (*rest.Config, error) {
	request := managerRequest(cloud, instanceID)
	if !a.knows(request) {
		if _, err := a.fetch(ctx, cloud.Client, request); err != nil {
			notReady, ok := errors.AsType[*stackit.NotReadyError](err)
			if !ok {
				return nil, err
			}
			// That a token is minted to look is not what a person has asked for.
			return nil, hint.Wrap(fmt.Errorf("look for edge clusters: %w", notReady),
				"watch its state: kubectl edge instance describe %s --project-id %s --region %s", instanceID,
				cloud.ProjectID, cloud.Region)
		}
	}
	return a.instanceAPI(ctx, request)
}

// managerAPI is the API server of the instance, asked with the profile of the cloud.
func (a *app) managerAPI(ctx context.Context, cloud edgeCloud, instanceID string) (*rest.Config, error) {
	return a.instanceAPI(ctx, managerRequest(cloud, instanceID))
}

func managerRequest(cloud edgeCloud, instanceID string) tokenrequest.Request {
	return tokenrequest.Request{ProjectID: cloud.ProjectID, Region: cloud.Region, InstanceID: instanceID,
		Profile: cloud.Name}
}

// noCluster is the error for an edge cluster that the list of its instance does not have.
func noCluster(instanceID, name string, list []edgecluster.Cluster) error {
	return suggestCluster(fmt.Errorf("instance %s: no edge cluster %q", instanceID, name), instanceID, name, list)
}

// suggestCluster names those of the list that somebody may have meant who named an edge cluster that is not there.
func suggestCluster(err error, instanceID, name string, clusters []edgecluster.Cluster) error {
	var names []string
	for _, c := range clusters {
		if c.Name == name {
			return hint.Wrap(err, "there is one in another namespace: --cluster-namespace %s", c.Namespace)
		}
		names = append(names, c.Name)
	}
	return hint.Among(hint.Wrap(err, "kubectl edge cluster list %s", instanceID), "", name, names)
}
