package edge

import (
	"context"
	"fmt"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// checkFree refuses names that are taken in the kubeconfig.
func (o *kubeconfigCreateOptions) checkFree(ctx context.Context, places []*place) error {
	if o.format != "" {
		return nil
	}
	config, err := kubeconfig.Load(ctx, o.path)
	if err != nil {
		return err
	}
	for _, p := range places {
		if err := o.free(config, p); err != nil {
			return err
		}
	}
	return nil
}

// free reports whether p can be written without replacing what is not the instance's.
func (o *kubeconfigCreateOptions) free(config *api.Config, p *place) error {
	if o.overwrite {
		return nil
	}
	taken := func(what string) error {
		return hint.Wrap(fmt.Errorf("%s %q is there already and is not this %s's", what, p.name, p.noun()),
			"write to another file with --kubeconfig, choose another --context-name, or replace it with --overwrite")
	}
	user, cluster, context := config.AuthInfos[p.name], config.Clusters[p.name], config.Contexts[p.name]
	switch {
	case user != nil && !kubeconfig.IsFor(user, p.request):
		return taken("user")
	case context != nil && (context.AuthInfo != p.name || context.Cluster != p.name):
		return taken("context")
	case cluster != nil && user == nil && !p.owns(cluster, context):
		return taken("cluster")
	}
	return nil
}

// change says what becomes of the user of the place's name, if it has another credential of the edge cluster now.
func (p *place) change(config *api.Config) string {
	was, ours := kubeconfig.RequestOf(config.AuthInfos[p.name])
	before, after := rightsText(was.EdgeCluster), rightsText(p.request.EdgeCluster)
	if p.cluster == nil || !ours || was.Cluster == "" || before == after {
		return ""
	}
	return fmt.Sprintf("Context %q had %s before, and has %s now.", p.name, before, after)
}

// rightsText is what a credential of an edge cluster is and may do, in messages.
func rightsText(e tokenrequest.EdgeCluster) string {
	e = e.WithDefaults()
	text := "a " + e.Credential + " with role " + e.Role
	if e.Credential == tokenrequest.Administrator {
		return "the administrator's own credential"
	}
	if e.Namespace != "" {
		text += " in namespace " + e.Namespace
	}
	return text
}

func (p *place) noun() string {
	if p.cluster != nil {
		return "edge cluster"
	}
	return "instance"
}

// owns reports whether a cluster without a user of its name is the instance's, such as after kubectl config
// delete-user. Its server says so once the API has been asked where the instance is; before, its host name or one of
// our contexts does.
func (p *place) owns(cluster *api.Cluster, context *api.Context) bool {
	if p.entry.Name != "" {
		return cluster.Server == p.entry.Server
	}
	id, _ := kubeconfig.InstanceOf(cluster.Server)
	return p.cluster == nil && id == p.instance.Id || context != nil
}

// fetchAll asks for the entries, and returns the instances whose could not be had. A single failure is returned as it
// is; of several, each is reported, and none stops the others.
func (o *kubeconfigCreateOptions) fetchAll(ctx context.Context, cloud edgeCloud, places []*place) (failed []string,
	err error) {
	fetch := func(cloud edgeCloud, _ int, p *place) error {
		entry, err := o.fetch(ctx, cloud.Client, p.request)
		if err != nil {
			return err
		}
		p.entry = entry
		p.entry.Name = p.name
		if o.namespace != "" {
			p.entry.Namespace = o.namespace
		}
		return nil
	}
	if !o.which.several() {
		cloud, end := o.waiting(cloud, places[0].instance.Id, o.patience)
		defer end()
		return nil, fetch(cloud, 0, places[0])
	}
	errs, err := askAll(ctx, o.app, cloud, o.patience, places, fetch)
	if err != nil {
		return nil, err
	}
	o.Report(errs, o.verbose)
	return plugin.Those(errs, places, func(p *place) string { return p.instance.Id }), nil
}

// fetch gets where the instance is, and puts the token that comes with it to use.
func (a *app) fetch(
	ctx context.Context, client *stackit.Client, request tokenrequest.Request,
) (kubeconfig.Entry, error) {
	target, err := request.Resolve(a.dirs, a.Getenv)
	if err != nil {
		return kubeconfig.Entry{}, err
	}
	place, err := a.minter(client).Fetch(ctx, request.ProjectID, request.Region, request.InstanceID)
	if err != nil {
		return kubeconfig.Entry{}, err
	}
	if err := place.Cache(target, a.Now()); err != nil {
		a.WarnOf(fmt.Errorf("the first token is not cached: %w", err))
	}
	place.User = kubeconfig.ExecUser(request.Args(), installHint())
	return place.Entry, nil
}
