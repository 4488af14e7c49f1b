package edge

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/talosaccess"
)

// talosAdministrator is the administrator's talosconfig of the edge cluster, as the instance keeps it.
func (a *app) talosAdministrator(ctx context.Context, c *managedCluster) (*talosaccess.Config, error) {
	data, err := edgecluster.ReadTalos(ctx, c.api, c.Cluster)
	if err != nil {
		return nil, err
	}
	admin, err := talosaccess.Parse(data, a.Now())
	clear(data)
	if err == nil {
		return admin, nil
	}
	secret := c.Namespace + "/" + c.Name + "-talosconfig"
	failure := &edgecluster.SecretError{Cluster: c.Name, Reason: "the talosconfig in secret " + secret +
		" is not used: " + err.Error()}
	if errors.As(err, new(*talosaccess.ExpiredError)) {
		return nil, hint.Wrap(failure, "the instance should have renewed it: ask who manages the instance")
	}
	return nil, hint.Wrap(failure, "nothing was sent anywhere; ask who manages the instance what secret %s is", secret)
}

// explainTalos names the edge cluster whose nodes gave no certificate, and what to do.
func explainTalos(c *managedCluster, err error) error {
	failure := fmt.Errorf("get a certificate for Talos of %s: %w", c, err)
	status, answered := errors.AsType[*talosaccess.StatusError](err)
	switch {
	case errors.As(err, new(*talosaccess.LifeError)):
		return hint.Wrap(failure,
			"upgrade Talos on the nodes: theirs may ignore how long a certificate is to live")
	case errors.Is(err, talosaccess.ErrRefused):
		return hint.Wrap(failure, "talosctl was not run; ask who manages the instance which authority its nodes have")
	case answered && status.Denied():
		return hint.Wrap(failure,
			"the talosconfig of the instance may not issue certificates: ask who manages the instance")
	case answered:
		return failure
	case errors.Is(err, context.Canceled):
		return err
	}
	return hint.Wrap(failure,
		"this machine has to reach the machine API of a control plane node, by VPN or proxy if need be")
}
