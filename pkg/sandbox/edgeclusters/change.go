package edgeclusters

import (
	"context"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// resume lets one that was kept be reached.
func (c *edgeCluster) resume() error {
	c.change.Lock() // the first client may come at once
	defer c.change.Unlock()
	return c.open()
}

// begin gives a new edge cluster all that it has.
func (c *edgeCluster) begin(ctx context.Context) error {
	c.change.Lock()
	defer c.change.Unlock()
	return c.furnish(ctx)
}

// furnish gives it new keys, lets it be reached, and has the instance show it.
func (c *edgeCluster) furnish(ctx context.Context) error {
	if err := c.renew(); err != nil {
		return err
	}
	if err := c.open(); err != nil {
		return err
	}
	return c.show(ctx)
}

// apply changes settings. Servers that run are started again only where that is needed.
func (c *edgeCluster) apply(ctx context.Context, changed sandbox.EdgeClusterSettings) error {
	c.change.Lock()
	defer c.change.Unlock()
	old := c.record.Settings
	settings := old.With(changed)
	if settings == old {
		return nil
	}
	c.put(func(r *record) { r.Settings = settings })
	if settings.Signer != old.Signer || settings.SigningDuration != old.SigningDuration {
		if err := c.restartController(); err != nil {
			return err
		}
	}
	if settings.Front != old.Front {
		if err := c.openFront(); err != nil {
			return err
		}
	}
	if err := c.showSettings(ctx); err != nil {
		return err
	}
	return c.save()
}

// put changes the record.
func (c *edgeCluster) put(change func(*record)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.record)
}

// recreate makes it again under its name.
func (c *edgeCluster) recreate(ctx context.Context) error {
	c.change.Lock()
	defer c.change.Unlock()
	c.stopServers()
	if err := c.set.objects.deleteCluster(ctx, c.name); err != nil {
		return err
	}
	c.stopMachine()
	return c.furnish(ctx)
}

// rotateCA gives it a new certificate authority for Kubernetes. Talos' stays.
func (c *edgeCluster) rotateCA(ctx context.Context, keepOld bool) error {
	c.change.Lock()
	defer c.change.Unlock()
	ca, err := newAuthority("kubernetes", ecdsaKey)
	if err != nil {
		return err
	}
	c.stopServers()
	c.put(func(r *record) {
		old := r.CA.Cert
		r.CA, r.OldCA = ca.pair, ""
		if keepOld {
			r.OldCA = old
		}
	})
	if err := c.openFront(); err != nil { // a proxy's certificate is of the authority too
		return err
	}
	if err := c.showSettings(ctx); err != nil {
		return err
	}
	return c.save()
}
