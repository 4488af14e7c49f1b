package edgeclusters

import (
	"context"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/machineapi"
)

// showTalosconfig puts the file that talosctl reads into its secret.
func (c *edgeCluster) showTalosconfig(ctx context.Context) error {
	s := c.record.Settings
	var data map[string][]byte
	if s.Talosconfig != sandbox.SecretMissing && s.Status != sandbox.ClusterCreating && s.Status != sandbox.ClusterNew {
		text, err := c.talosconfig(s.Talosconfig)
		if err != nil {
			return err
		}
		data = map[string][]byte{"talosconfig": text}
	}
	return c.set.objects.putSecret(ctx, talosconfigSecret(c.name), data)
}

// talosconfig makes one with a certificate of Talos' administrator, who may do all, for a year.
func (c *edgeCluster) talosconfig(kind string) ([]byte, error) {
	ca, err := parseAuthority(c.record.TalosCA)
	if err != nil {
		return nil, err
	}
	life := year
	if kind == "expired" {
		life = -time.Hour
	}
	admin, err := ca.client(pkix.Name{Organization: []string{"os:admin"}}, life)
	if err != nil {
		return nil, err
	}
	own := map[string]any{
		"endpoints": []any{net.JoinHostPort(c.set.options.Host, fmt.Sprint(c.record.MachinePort))},
		"nodes":     []any{c.set.options.Host},
		"ca":        encoded(ca.Cert), "crt": encoded(admin.Cert), "key": encoded(admin.Key),
	}
	switch kind {
	case "half-renewed": // the certificate of one pair with the key of another
		newer, err := ca.client(pkix.Name{Organization: []string{"os:admin"}}, life)
		if err != nil {
			return nil, err
		}
		own["crt"] = encoded(newer.Cert)
	case "hostile":
		elsewhere, err := c.openTrap()
		if err != nil {
			return nil, err
		}
		own["endpoints"] = []any{"http://" + elsewhere}
		own["auth"] = map[string]any{"basic": map[string]any{"username": "admin", "password": "admin"}}
	}
	return yaml.Marshal(map[string]any{"context": c.name, "contexts": map[string]any{c.name: own}})
}

// openMachine serves the machine API.
func (c *edgeCluster) openMachine() error {
	l, err := c.set.listen(c.record.MachinePort)
	if err != nil {
		return err
	}
	stop, err := machineapi.Serve(l, machineapi.Options{
		Cluster: c.name, Host: c.set.options.Host, Fault: c.machineFault,
		CA: []byte(c.record.TalosCA.Cert), CAKey: []byte(c.record.TalosCA.Key),
	})
	if err != nil {
		_ = l.Close()
		return fmt.Errorf("serve the machine API of %s: %w", c.name, err)
	}
	c.put(func(r *record) { r.MachinePort = l.Addr().(*net.TCPAddr).Port })
	c.stopMachine = stop
	return nil
}

// machineFault is how the machine API misbehaves at the moment, or "".
func (c *edgeCluster) machineFault() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if fault := c.record.Settings.MachineAPI; fault != sandbox.MachineBehaves {
		return fault
	}
	return ""
}
