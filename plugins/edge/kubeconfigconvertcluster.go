package edge

import (
	"context"
	"fmt"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// mayBeClusters reports whether the credential may be an edge cluster's: its kubeconfig has an administrator's
// certificate, or a token of a service account.
func (c *conversion) mayBeClusters() bool {
	return len(c.Authorities) > 0 && (c.Certificate || c.ServiceAccount != "" && c.InstanceID == "" && !c.STACKIT)
}

// identifyAll finds the edge clusters and the instances of the conversions, or says in each why it could not.
func (o *kubeconfigConvertOptions) identifyAll(ctx context.Context, config *api.Config,
	conversions []*conversion) error {
	var clusters, instances []*conversion
	for _, c := range conversions {
		if c.mayBeClusters() || c.Certificate {
			clusters = append(clusters, c)
		} else {
			instances = append(instances, c)
		}
	}
	rest, err := o.identifyClusters(ctx, config, clusters)
	if err != nil {
		return err
	}
	if instances = append(instances, rest...); len(instances) == 0 {
		return nil
	}
	return o.identify(ctx, config, instances)
}

// identifyClusters finds the edge clusters of the conversions. It returns those that may be an instance's instead: a
// token is for either.
func (o *kubeconfigConvertOptions) identifyClusters(ctx context.Context, config *api.Config,
	conversions []*conversion) (rest []*conversion, err error) {
	if len(conversions) == 0 {
		return nil, nil
	}
	cloud, err := o.projectCloud(ctx)
	if err != nil {
		return nil, err
	}
	known, failed, err := o.knownClusters(ctx, cloud, fleetFlags{all: true})
	if err != nil {
		return nil, err
	}
	for _, c := range conversions {
		// Before anything is minted. The entry is the kubeconfig's own then, so nothing but the user changes.
		trial := &conversion{Embedded: c.Embedded, secret: c.secret,
			entry: kubeconfig.Entry{User: kubeconfig.ExecUser(nil, "")}}
		if c.err = trial.apply(config.DeepCopy()); c.err != nil {
			continue
		}
		found, err := clusterOf(c, known)
		switch {
		case err != nil:
			c.err = err
		case found != nil:
			o.take(c, cloud, *found)
		case !c.Certificate:
			rest = append(rest, c)
		case o.all && failed == 0:
			o.Note("Left alone context %q: no edge cluster of project %s has its certificate authority.", c.Contexts[0],
				cloud.ProjectID)
			c.skip = true
		default:
			asked := ""
			if failed > 0 {
				asked = ", of those that could be asked,"
			}
			c.err = hint.Wrap(fmt.Errorf("no edge cluster of project %s in %s%s has its certificate authority",
				cloud.ProjectID, cloud.Region, asked),
				"name the project and the region of its instance: --project-id UUID "+
					"--region eu01")
		}
	}
	return rest, nil
}

// clusterOf is the one of the edge clusters that a credential opens, nil if it is none of them. A server that is not
// the edge cluster's, behind its authority, is not taken for it: it would be sent credentials.
func clusterOf(c *conversion, known []knownCluster) (*knownCluster, error) {
	var elsewhere *knownCluster
	for i := range known {
		switch {
		case known[i].matches(c.Server, c.Authorities):
			return &known[i], nil
		case audit.SameAuthority(known[i].address.CAData, c.Authorities):
			elsewhere = &known[i]
		}
	}
	if elsewhere != nil {
		return nil, fmt.Errorf("its certificate authority is that of %s, but its server is not %s", elsewhere,
			elsewhere.address.Server)
	}
	return nil, nil
}

// take makes the conversion one to the edge cluster.
func (o *kubeconfigConvertOptions) take(c *conversion, cloud edgeCloud, found knownCluster) {
	c.request = tokenrequest.Request{ProjectID: cloud.ProjectID, Region: cloud.Region,
		InstanceID: found.instance.Id, Profile: cloud.Name, Expiration: o.expiration,
		EdgeCluster: found.request(o.rights.rights(o.namespace))}
	c.request.CA, c.request.Server = found.address.CAHash(), found.address.ServerHash()
	c.entry = kubeconfig.Entry{Server: found.address.Server, CAData: found.address.CAData,
		User: kubeconfig.ExecUser(c.request.Args(), installHint())}
	c.cluster = &place{instance: found.instance, cluster: found.managedCluster, request: c.request, name: c.Contexts[0],
		entry: c.entry}
}

// admit sees to it that the roles of the conversions to edge clusters are bound, and that their credentials work,
// before what worked until now is taken out of the file.
func (o *kubeconfigConvertOptions) admit(ctx context.Context, conversions []*conversion) (good []*conversion,
	err error) {
	var places []*place
	for _, c := range conversions {
		if c.cluster != nil {
			places = append(places, c.cluster)
		}
	}
	if len(places) == 0 {
		return conversions, nil
	}
	several := len(conversions) > 1
	if places, _, err = o.bind(ctx, places, &o.rights, several); err != nil {
		return nil, err
	}
	places, _, err = o.eachPlace(ctx, several, "tried", places, func(p *place, _ func(string)) error {
		return o.try(ctx, p.request)
	})
	if err != nil {
		return nil, err
	}
	admitted := map[*place]bool{}
	for _, p := range places {
		admitted[p] = true
	}
	for _, c := range conversions {
		if c.cluster == nil || admitted[c.cluster] {
			good = append(good, c)
		}
	}
	return good, nil
}

// rightsNow says what changes for the person, who was the administrator until now.
func (c *conversion) rightsNow() string {
	if c.cluster == nil {
		return ""
	}
	was := "It had the rights of service account " + c.ServiceAccount
	if c.Certificate {
		was = "It was the administrator, who may do everything"
	}
	where := ""
	if c.request.Namespace != "" {
		where = " in namespace " + c.request.Namespace
	}
	return fmt.Sprintf("  %s, and has the role %s%s now, with your name.", was, c.request.Role, where)
}
