package edge

import (
	"context"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// knownCluster is an edge cluster with what its credentials are known by, as its instance has it.
type knownCluster struct {
	*managedCluster
	address  edgecluster.Address // of its API server
	machines []byte              // PEM, authorities of its machines' API; nil if its talosconfig cannot be read
}

// knownClusters asks the chosen instances for all of their edge clusters. What cannot be asked is reported and counted.
// Nothing is sent to a server that a kubeconfig names.
func (a *app) knownClusters(ctx context.Context, cloud edgeCloud, which fleetFlags) (known []knownCluster, failed int,
	err error) {
	all, err := a.findClusters(ctx, cloud, which, clusterFlags{all: true}, patienceFlags{noWait: true})
	if err != nil {
		return nil, 0, err
	}
	managed := all.clusters
	found := make([]knownCluster, len(managed))
	errs, err := plugin.Several(ctx, parallel, managed, func(i int, c *managedCluster) error {
		located, err := c.look(ctx, a)
		if err != nil {
			return err
		}
		found[i] = knownCluster{managedCluster: c, address: located.Address}
		if outcome, err := a.talosWork(ctx, c, talosJob{}); err == nil {
			found[i].machines = outcome.Authorities
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	for _, c := range found {
		if c.managedCluster != nil {
			known = append(known, c)
		}
	}
	a.Report(errs, a.verbose)
	unread := plugin.Those(errs, managed, func(c *managedCluster) string { return c.Name })
	return known, len(all.unreached) + len(all.missing) + len(unread), nil
}

// matches reports whether it is this edge cluster that a server with these authorities is of.
func (c knownCluster) matches(server string, authorities []byte) bool {
	return kubeconfig.SameServer(c.address.Server, server) && audit.SameAuthority(c.address.CAData, authorities)
}

// identify says in the findings which edge cluster each opens, by the authorities that their files have.
func identify(findings []audit.Finding, known []knownCluster) {
	for i := range findings {
		f := &findings[i]
		for _, c := range known {
			authorities := c.address.CAData
			if f.Kind == audit.Talosconfig {
				authorities = c.machines
			}
			if len(f.Authorities) == 0 || !audit.SameAuthority(authorities, f.Authorities) {
				continue
			}
			f.Cluster = c.String()
			if f.Kind == audit.Talosconfig {
				f.Advice = "delete it; when it is needed: kubectl edge talos --instance-id " + c.instance.Id +
					" --cluster " + c.Name
			} else if c.matches(f.Server, f.Authorities) {
				f.Advice = "replace it by a credential of an hour, with a role: kubectl edge kubeconfig convert"
			}
		}
	}
}
