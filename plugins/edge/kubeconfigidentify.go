package edge

import (
	"context"
	"encoding/base64"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plainyaml"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// knownCluster is an edge cluster with what its credentials are known by, as its instance has it. The credentials
// themselves have been let go.
type knownCluster struct {
	*managedCluster
	server      string
	authorities []byte // PEM, of its API server
	machines    []byte // PEM, of its machines' API; nil if its talosconfig cannot be read
	caHash      string
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
		admin, err := edgecluster.ReadAdministrator(ctx, c.api, c.Cluster)
		if err != nil {
			return err
		}
		found[i] = knownCluster{managedCluster: c, server: admin.Server, authorities: admin.CAData,
			caHash: admin.CAHash()}
		if data, err := edgecluster.ReadTalos(ctx, c.api, c.Cluster); err == nil {
			found[i].machines = talosAuthorities(data)
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

// talosAuthorities are the authorities in a talosconfig, in PEM, or nil.
func talosAuthorities(data []byte) (all []byte) {
	var file struct {
		Contexts map[string]struct {
			CA string `json:"ca"`
		} `json:"contexts"`
	}
	if plainyaml.Unmarshal(data, &file) != nil {
		return nil
	}
	for _, c := range file.Contexts {
		if pem, err := base64.StdEncoding.DecodeString(c.CA); err == nil {
			all = append(all, pem...)
		}
	}
	return all
}

// matches reports whether it is this edge cluster that a server with these authorities is of.
func (c knownCluster) matches(server string, authorities []byte) bool {
	return kubeconfig.SameServer(c.server, server) && audit.SameAuthority(c.authorities, authorities)
}

// identify says in the findings which edge cluster each opens, by the authorities that their files have.
func identify(findings []audit.Finding, known []knownCluster) {
	for i := range findings {
		f := &findings[i]
		for _, c := range known {
			authorities := c.authorities
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
