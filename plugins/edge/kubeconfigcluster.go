package edge

import (
	"context"
	"fmt"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// createClusters writes the chosen edge clusters of the chosen instances. Nothing is changed in an edge cluster, and no
// credential of it is minted, before it is known that the kubeconfig can be written; and the kubeconfig is written when
// the first credential works.
func (o *kubeconfigCreateOptions) createClusters(ctx context.Context, cloud edgeCloud) error {
	if o.dryRun {
		o.Note("A dry run mints as well, where no token is cached: edge clusters are read with one of their instance.")
	}
	found, err := o.findClusters(ctx, cloud, o.which, o.clusters, o.patience)
	if err != nil {
		return err
	}
	var places []*place
	for _, c := range found.clusters {
		request := o.request(cloud, c.instance)
		request.EdgeCluster = c.request(o.rights.rights(o.namespace))
		places = append(places, &place{instance: c.instance, cluster: c, request: request})
	}
	if err := o.nameAll(places, clusterContextName, "{{.ID}} and {{.Cluster}}"); err != nil {
		return err
	}
	if err := o.checkFree(ctx, places); err != nil {
		return err
	}
	if err := o.checkWritable(ctx, places); err != nil {
		return err
	}
	places, failed, err := o.eachPlace(ctx, o.several(), "asked", places, func(p *place, say func(string)) error {
		return o.enter(ctx, p, say)
	})
	if err != nil {
		return err
	}
	if !o.dryRun {
		var missing []string
		if places, missing, err = o.admit(ctx, places); err != nil {
			return err
		}
		failed = append(failed, missing...)
	}
	if len(places) > 0 {
		if err := o.put(ctx, places); err != nil {
			return err
		}
	}
	return found.incomplete(failed, len(places), "context", "created")
}

// namespacesHere are those of the edge cluster that the flags choose, or of the one that a person then chooses; none
// where there may be several.
func (o *kubeconfigCreateOptions) namespacesHere(ctx context.Context) ([]string, error) {
	if o.several() {
		return nil, nil
	}
	cloud, err := o.here(ctx, &o.which)
	if err != nil {
		return nil, err
	}
	return o.namespaces(ctx, cloud)
}

// namespaces are those of the chosen edge cluster.
func (o *kubeconfigCreateOptions) namespaces(ctx context.Context, cloud edgeCloud) ([]string, error) {
	found, err := o.findClusters(ctx, cloud, o.which, o.clusters, patienceFlags{noWait: true})
	if err != nil || len(found.clusters) != 1 {
		return nil, err
	}
	c := found.clusters[0]
	p := &place{instance: c.instance, cluster: c, request: o.request(cloud, c.instance)}
	p.request.EdgeCluster = c.request(tokenrequest.EdgeCluster{})
	principal, err := o.principalAt(ctx, p)
	if err != nil {
		return nil, err
	}
	return o.clusterMinter().Namespaces(ctx, c.api, p.request, principal)
}

// request is what is asked of the edge cluster with the rights.
func (c *managedCluster) request(rights tokenrequest.EdgeCluster) tokenrequest.EdgeCluster {
	rights.Cluster, rights.ClusterNamespace, rights.ClusterUID = c.Name, c.Namespace, c.UID
	return rights
}

// enter makes the entry of the kubeconfig for the place.
func (o *kubeconfigCreateOptions) enter(ctx context.Context, p *place, say func(string)) error {
	located, err := o.locate(ctx, p, o.patience, say)
	if err != nil {
		return err
	}
	p.entry = kubeconfig.Entry{Name: p.name, Server: located.Server, CAData: located.CAData, Namespace: o.namespace,
		User: kubeconfig.ExecUser(p.request.Args(), installHint())}
	return nil
}

// admit sees to it that the credentials of the places have the rights that were asked for, and that the first of each
// works, by the way that the helper takes: so it is in the cache.
func (o *kubeconfigCreateOptions) admit(ctx context.Context, places []*place) (admitted []*place, failed []string,
	err error) {
	if o.rights.breakGlass && len(places) > 0 {
		if err := o.breakGlass(ctx, places); err != nil {
			return nil, nil, err
		}
	}
	places, failed, err = o.bind(ctx, places, &o.rights, o.several())
	if err != nil {
		return nil, nil, err
	}
	places, missing, err := o.eachPlace(ctx, o.several(), "tried", places, func(p *place, _ func(string)) error {
		return o.try(ctx, p.request)
	})
	return places, append(failed, missing...), err
}

// try gets a credential as the helper does.
func (a *app) try(ctx context.Context, request tokenrequest.Request) error {
	target, err := request.Resolve(a.dirs, a.Getenv)
	if err != nil {
		return fmt.Errorf("try the credential: %w", err)
	}
	_, err = a.cachedToken(ctx, target, mint.Want{Retry: true})
	return err
}
