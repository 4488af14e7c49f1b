package edge

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// region is a region of a project, as seen by the profile that a kubeconfig names.
type region struct {
	profile.Choice
	cloud     edgeCloud
	instances map[string]bool // ids; nil where they could not be had
}

// gone returns those contexts whose instances the API no longer has, or whose edge clusters their instances no longer
// have.
func (o *kubeconfigRemoveOptions) gone(
	ctx context.Context, ours []kubeconfig.EdgeContext,
) (gone []kubeconfig.EdgeContext, unknown int, err error) {
	var regions []*region
	at := map[string]*region{} // by the names of contexts
	for _, c := range ours {
		choice := profile.Choice{Profile: c.Request.Profile, ProjectID: c.Request.ProjectID, Region: c.Request.Region}
		if o.choice.Profile != "" && choice.Profile != o.choice.Profile ||
			o.choice.ProjectID != "" && !strings.EqualFold(choice.ProjectID, o.choice.ProjectID) ||
			o.choice.Region != "" && choice.Region != o.choice.Region {
			continue
		}
		i := slices.IndexFunc(regions, func(r *region) bool { return r.Choice == choice })
		if i < 0 {
			i, regions = len(regions), append(regions, &region{Choice: choice})
		}
		at[c.Name] = regions[i]
	}
	own := sync.OnceValues(func() (edgeCloud, error) { return o.ownCloud(ctx) })
	errs, err := plugin.Several(ctx, parallel, regions, func(_ int, r *region) error { return o.ask(ctx, r, own) })
	if err != nil {
		return nil, 0, err
	}
	o.Report(errs, o.verbose)
	var ofClusters []kubeconfig.EdgeContext
	for _, c := range ours {
		switch r := at[c.Name]; {
		case r == nil:
		case r.instances == nil:
			unknown++
		case !r.instances[c.Request.InstanceID]:
			gone = append(gone, c)
		case c.Request.Cluster != "":
			ofClusters = append(ofClusters, c)
		}
	}
	lost, more, err := o.goneClusters(ctx, ofClusters, at)
	return append(gone, lost...), unknown + more, err
}

// ownCloud is that of the profile with which the person works.
func (o *kubeconfigRemoveOptions) ownCloud(ctx context.Context) (edgeCloud, error) {
	w, err := o.workplace()
	if err != nil {
		return edgeCloud{}, err
	}
	return o.personsCloud(ctx, w.Scope)
}

// ask asks as the profile that a kubeconfig names, at the endpoints that the person configured for it. Nobody is asked
// to log in to another profile than own, which they work with: what that has in the kubeconfig can stay for now.
func (o *kubeconfigRemoveOptions) ask(ctx context.Context, r *region, own func() (edgeCloud, error)) error {
	s, err := o.scopeOf(r.Choice)
	if err != nil {
		return err
	}
	if err := s.NeedProject(); err != nil {
		return err
	}
	if w, errHere := o.workplace(); errHere == nil && w.Name == s.Name {
		r.cloud, err = own()
		r.cloud.Scope = s
	} else {
		r.cloud, err = o.cloud(ctx, s)
	}
	if err != nil {
		return err
	}
	instances, err := r.cloud.Instances(ctx, r.cloud.ProjectID, r.cloud.Region)
	if err != nil {
		return err
	}
	r.instances = map[string]bool{}
	for _, instance := range instances {
		r.instances[instance.Id] = true
	}
	return nil
}

// goneClusters returns those contexts whose edge clusters are gone, also where there is another of the same name.
func (o *kubeconfigRemoveOptions) goneClusters(ctx context.Context, contexts []kubeconfig.EdgeContext,
	at map[string]*region) (gone []kubeconfig.EdgeContext, unknown int, err error) {
	type home struct {
		*region
		instance string
	}
	homeOf := func(c kubeconfig.EdgeContext) home { return home{at[c.Name], c.Request.InstanceID} }
	var homes []home
	for _, c := range contexts {
		if h := homeOf(c); !slices.Contains(homes, h) {
			homes = append(homes, h)
		}
	}
	lists := make([][]edgecluster.Cluster, len(homes))
	errs, err := plugin.Several(ctx, parallel, homes, func(i int, h home) error {
		api, err := o.managerAPI(ctx, h.cloud, h.instance)
		if err != nil {
			return err
		}
		lists[i], err = edgecluster.List(ctx, api, "")
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	o.Report(errs, o.verbose)
	for _, c := range contexts {
		i := slices.Index(homes, homeOf(c))
		if errs[i] != nil {
			unknown++
		} else if !slices.ContainsFunc(lists[i], func(l edgecluster.Cluster) bool { return isFor(c.Request, l) }) {
			gone = append(gone, c)
		}
	}
	return gone, unknown, nil
}

// isFor reports whether the request is for the edge cluster, and not for an earlier one of its name.
func isFor(r tokenrequest.Request, c edgecluster.Cluster) bool {
	e := r.EdgeCluster.WithDefaults()
	return e.Cluster == c.Name && e.ClusterNamespace == c.Namespace && (e.ClusterUID == "" || e.ClusterUID == c.UID)
}
