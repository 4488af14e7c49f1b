package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
)

// describedCluster is an edge cluster with what is known of its administrator's credential, but not that itself.
type describedCluster struct {
	homedCluster
	Administrator describedAdministrator `json:"administrator"`
	// Credentials are those of this machine's cache.
	Credentials []cachedToken `json:"credentials,omitempty"`
}

// describedAdministrator is what the instance keeps for the edge cluster's administrator.
type describedAdministrator struct {
	Secret  string    `json:"secret"`
	Kind    string    `json:"credential,omitempty"` // certificate or token
	Server  string    `json:"server,omitempty"`
	Expires time.Time `json:"expirationTimestamp,omitzero"` // of a certificate
	Error   string    `json:"error,omitempty"`
}

type clusterDescribeOptions struct {
	*app
	out       output.Flags
	which     fleetFlags
	namespace string
	cluster   string
}

func newClusterDescribeCmd(a *app) *cobra.Command {
	o := &clusterDescribeOptions{app: a}
	cmd := &cobra.Command{
		Use:   "describe [[INSTANCE/]CLUSTER]",
		Short: "Show one edge cluster: its conditions, its nodes, and until when its administrator's certificate lives",
		Long: `Show one edge cluster: its conditions, its nodes, and until when its administrator's certificate lives.

Without an argument it is the edge cluster of the current context, or what you choose from a list on a terminal. The
administrator's certificate itself, which the instance keeps in a Secret, is not shown.`,
		Example: `  kubectl edge cluster describe demo/berlin
  kubectl edge cluster describe
  kubectl edge cluster describe demo/berlin -o jsonpath={.administrator.expirationTimestamp}`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd.Context(), args); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().StringSliceVarP(&o.which.ids, "instance-id", "i", nil, "id of the instance, such as demo-3714d85")
	cmd.Flags().StringSliceVarP(&o.which.names, "name", "n", nil, "name of the instance, such as demo")
	cmd.Flags().StringVar(&o.namespace, "cluster-namespace", "",
		"namespace of the EdgeCluster in the instance (default: that of the current context, else default)")
	o.out.AddFlags(cmd.Flags())
	return cmd
}

func (o *clusterDescribeOptions) complete(ctx context.Context, args []string) error {
	if err := o.out.Validate(ctx); err != nil {
		return err
	}
	if len(args) == 1 {
		instance, cluster, err := splitCluster(args[0])
		if err != nil {
			return fmt.Errorf("%.80q: %w", args[0], err)
		}
		o.cluster = cluster
		if instance != "" {
			one := instanceFlags{}
			if err := one.take([]string{instance}); err != nil {
				return err
			}
			if !o.which.none() {
				return fmt.Errorf("want one of the argument %.80q, --instance-id and --name", args[0])
			}
			o.which.add(one)
		}
	}
	if !o.which.none() {
		if err := o.which.validate(); err != nil {
			return err
		}
	}
	if o.which.several() {
		return errors.New("want one instance")
	}
	if o.cluster == "" {
		return o.fromContext()
	}
	f := clusterFlags{names: []string{o.cluster}, namespace: o.namespace}
	return f.validate()
}

// fromContext takes the edge cluster of the current context.
func (o *clusterDescribeOptions) fromContext() error {
	request, err := o.current.get()
	if err != nil {
		return err
	}
	if request.Cluster == "" || !o.which.none() {
		if picker.Possible(o.Process) {
			return checkClusterNamespace(o.namespace)
		}
		return hint.Wrap(errors.New("which edge cluster? the current context is not one of an edge cluster"),
			"kubectl edge cluster list, then: kubectl edge cluster describe INSTANCE/CLUSTER")
	}
	o.cluster, o.namespace = request.Cluster, cmp.Or(o.namespace, request.ClusterNamespace)
	return nil
}

func (o *clusterDescribeOptions) run(ctx context.Context) error {
	cloud, err := o.here(ctx, &o.which)
	if err != nil {
		return err
	}
	f := clusterFlags{names: []string{o.cluster}, namespace: o.namespace}
	if o.cluster == "" {
		f = clusterFlags{all: true, namespace: o.namespace}
	}
	found, err := o.findClusters(ctx, cloud, o.which, f, patienceFlags{noWait: true})
	if err != nil {
		return err
	}
	var c *managedCluster
	if !f.all {
		c = found.clusters[0]
	} else if c, err = o.oneCluster(ctx, found.clusters); err != nil {
		return err
	}
	homed := []homedCluster{home(cloud, c.instance, c.Cluster)}
	o.markCurrent(cloud, homed)
	d := describedCluster{homedCluster: homed[0], Administrator: o.describeAdministrator(ctx, c)}
	tokens, err := o.cachedTokens()
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if t.ProjectID == cloud.ProjectID && t.InstanceID == d.InstanceID && t.Cluster == d.Name &&
			t.ClusterNamespace == d.Namespace && t.Expires.After(o.Now()) {
			d.Credentials = append(d.Credentials, t)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.out.Format == "" {
		return o.print(o.Out, d)
	}
	kind := output.Kind[describedCluster]{Name: "Cluster", ID: func(d describedCluster) string { return d.Name }}
	for _, column := range clusterKind().Columns {
		kind.Columns = append(kind.Columns, output.Column[describedCluster]{Name: column.Name, Wide: column.Wide,
			Value: func(d describedCluster) string { return column.Value(d.homedCluster) }})
	}
	return output.One(o.Out, o.out, kind, d)
}

// describeAdministrator looks at the Secret. What is wrong with it is part of the description.
func (o *clusterDescribeOptions) describeAdministrator(ctx context.Context, c *managedCluster) describedAdministrator {
	d := describedAdministrator{Secret: c.Namespace + "/" + c.Name + "-kubeconfig"}
	located, err := c.look(ctx, o.app)
	if err != nil {
		d.Error = err.Error()
		return d
	}
	d.Server, d.Expires, d.Kind = located.Server, located.NotAfter, located.Kind
	return d
}

func (o *clusterDescribeOptions) print(out io.Writer, d describedCluster) error {
	w := printers.GetNewTabWriter(out)
	field := func(name, value string) { fmt.Fprintf(w, "%s:\t%s\n", name, hint.Printable(value)) }
	current := ""
	if d.Current {
		current = " (current context)"
	}
	field("Name", d.Name+current)
	field("Namespace", d.Namespace)
	field("Instance", d.Instance+" ("+d.InstanceID+")")
	field("UID", d.UID)
	field("Created", d.Created.Format(time.RFC3339))
	field("Ready", readiness(d.Ready))
	field("Kubernetes", d.Kubernetes)
	field("Talos", d.Talos)
	if d.Administrator.Server != "" {
		field("Server", d.Administrator.Server)
	}
	field("Administrator", o.administratorText(d.Administrator))
	for _, mark := range d.BreakGlass {
		field("Break-glass", mark)
	}
	_ = w.Flush()
	w = printers.GetNewTabWriter(out) // one remembers the widths of its columns
	if len(d.Credentials) > 0 {
		fmt.Fprintf(w, "Cached credentials: %d\n", len(d.Credentials))
	}
	for _, t := range d.Credentials {
		fmt.Fprintf(w, "  %s\t%s, %s, as %s, %s\n", t.CredentialID, t.Credential, t.Role, hint.Printable(t.Principal),
			o.left(t.Expires))
	}
	_ = w.Flush()
	w = printers.GetNewTabWriter(out)
	fmt.Fprintf(w, "Conditions: %d\n", len(d.Conditions))
	for _, c := range d.Conditions {
		text := c.Status
		if c.Reason != "" {
			text += ", " + c.Reason
		}
		if c.Message != "" {
			text += ": " + c.Message
		}
		if !c.Since.IsZero() {
			text += ", since " + c.Since.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "  %s\t%s\n", hint.Printable(c.Type), hint.Printable(text))
	}
	_ = w.Flush()
	w = printers.GetNewTabWriter(out)
	fmt.Fprintf(w, "Nodes: %d\n", d.Nodes)
	for _, n := range d.Members {
		fmt.Fprintf(w, "  %s\t%s\n", hint.Printable(n.Host), hint.Printable(n.Role))
	}
	return w.Flush()
}

func (o *clusterDescribeOptions) administratorText(d describedAdministrator) string {
	switch {
	case d.Error != "":
		return d.Error
	case d.Expires.IsZero():
		return "a token in Secret " + d.Secret + ", which may never end"
	}
	left := o.left(d.Expires)
	if days := int(d.Expires.Sub(o.Now()).Hours() / 24); days > 2 {
		left = fmt.Sprintf("expires in %d days", days)
	}
	return fmt.Sprintf("a certificate in Secret %s, until %s (%s)", d.Secret, d.Expires.UTC().Format(time.RFC3339),
		left)
}
