package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/talosaccess"
)

type talosOptions struct {
	*app
	which     instanceFlags
	cluster   string
	namespace string
	roles     []string
	ttl       time.Duration
	yes       bool
	writeTo   string
}

func newTalosCmd(a *app) *cobra.Command {
	o := &talosOptions{app: a, roles: []string{talosaccess.Reader}, ttl: 10 * time.Minute}
	cmd := &cobra.Command{
		Use:   "talos [--cluster NAME] [--role ROLE] [flags] -- TALOSCTL-ARGUMENTS",
		Short: "Run talosctl against an edge cluster with a certificate that lives for minutes",
		Long: `Run talosctl against an edge cluster with a certificate that lives for minutes.

The instance keeps a talosconfig of the edge cluster's administrator. It is read into memory, and a control plane node
is asked for a certificate with the role and for the time that you want; talosctl gets a talosconfig with that one. It
is gone when talosctl ends. Nothing is kept for the next call, which asks for a certificate of its own.

Roles are os:reader, which is the default and sees no secrets, os:operator, os:etcd:backup, os:image:verifier,
os:meta:writer and os:admin. os:admin opens the whole edge cluster and everything that runs on it, and asks first.

Without --cluster it is the edge cluster of the current context, or the only one of the instance; of several you choose
one from a list, on a terminal. Without --name and
--instance-id it is the instance of the current context, or the only one of the project.

--write-to is for other programs that read a talosconfig: it writes the file, which only you can read, and runs
nothing. The exit code is that of talosctl.`,
		Example: `  kubectl edge talos -- version
  kubectl edge talos --name demo --cluster berlin -- get members
  kubectl edge talos --cluster berlin --role os:operator -- reboot --nodes 10.0.0.2
  kubectl edge talos --cluster berlin --role os:etcd:backup -- etcd snapshot backup.db
  kubectl edge talos --cluster berlin --ttl 8h --write-to berlin.talosconfig`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && o.writeTo == "" {
				return cmd.Help()
			}
			if err := o.validate(args, cmd.ArgsLenAtDash()); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context(), args)
		},
	}
	o.which.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.cluster, "cluster", "",
		"edge cluster of the instance, such as berlin (default: that of the current context, or the only one)")
	cmd.Flags().StringVar(&o.namespace, "cluster-namespace", "",
		"namespace of the EdgeCluster in the instance (default: that of the current context, else default)")
	cmd.Flags().StringSliceVar(&o.roles, "role", o.roles, "role of the certificate; several with commas, or repeated")
	cmd.Flags().Var(ttlFlag{&o.ttl}, "ttl", "how long the certificate lives, such as 90s, 10m or 1h: "+
		expiration.String(talosaccess.MinTTL)+" to "+expiration.String(talosaccess.MaxTTL))
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask before the role os:admin is used")
	cmd.Flags().StringVar(&o.writeTo, "write-to", "",
		"write the talosconfig to this file, which only you can read, instead of running talosctl")
	return cmd
}

// ttlFlag is a life with the bounds of those that are issued.
type ttlFlag struct{ ttl *time.Duration }

func (f ttlFlag) Type() string { return "duration" }

func (f ttlFlag) String() string {
	if f.ttl == nil { // of the zero value, which pflag makes
		return ""
	}
	return expiration.String(*f.ttl)
}

func (f ttlFlag) Set(s string) error {
	d, err := expiration.Parse(s, time.Now())
	if err != nil {
		return err
	}
	if d < talosaccess.MinTTL || d > talosaccess.MaxTTL || d%time.Second != 0 {
		return fmt.Errorf("want whole seconds from %s to %s", expiration.String(talosaccess.MinTTL),
			expiration.String(talosaccess.MaxTTL))
	}
	*f.ttl = d
	return nil
}

// validate also looks at where the -- is: what stands before it would be taken for our flags or talosctl's by
// chance.
func (o *talosOptions) validate(args []string, dash int) error {
	if o.which != (instanceFlags{}) {
		if err := o.which.validate(); err != nil {
			return err
		}
	}
	f := clusterFlags{namespace: o.namespace}
	if o.cluster != "" {
		f.names = []string{o.cluster}
	} else {
		f.all = true
	}
	if err := f.validate(); err != nil {
		return err
	}
	if err := talosaccess.CheckRoles(o.roles); err != nil {
		return err
	}
	switch {
	case o.writeTo != "" && len(args) > 0:
		return errors.New("--write-to runs nothing: leave out the arguments of talosctl, or the flag")
	case o.writeTo != "":
		return nil
	case dash != 0:
		return hint.Wrap(fmt.Errorf("%.80q: talosctl's arguments begin after --", args[0]),
			"kubectl edge talos -- version")
	}
	for _, arg := range flagsOf(args) {
		if name, _, _ := strings.Cut(arg, "="); name == "--talosconfig" || name == "--context" {
			return fmt.Errorf("talosctl's %s would use another certificate than the one that is made for it", name)
		}
	}
	return nil
}

func (o *talosOptions) run(ctx context.Context, args []string) error {
	if o.writeTo != "" {
		return o.write(ctx)
	}
	talosctl, err := exec.LookPath("talosctl")
	if err != nil {
		return hint.Wrap(fmt.Errorf("find talosctl: %w", err),
			"install it: https://docs.siderolabs.com/talos/latest/getting-started/talosctl")
	}
	issued, _, err := o.issue(ctx)
	if err != nil {
		return err
	}
	child := plugin.Child{Args: append([]string{talosctl}, args...), Env: o.Environ(), In: o.In, Out: o.Out,
		ErrOut: o.ErrOut}
	code, err := child.HandOver(ctx, plugin.Handover{
		Variable: "TALOSCONFIG", Secret: issued.Config, Folder: o.dirs.Lent("talos"), Name: "talosconfig",
	})
	switch {
	case err != nil:
		return fmt.Errorf("run talosctl: %w", err)
	case code != 0:
		return plugin.WithCode(code, plugin.ErrSilent)
	}
	return nil
}

// write writes the talosconfig to the file that a person named.
func (o *talosOptions) write(ctx context.Context) error {
	file, err := talosaccess.Reserve(o.writeTo)
	if err != nil {
		return err
	}
	defer file.Abort()
	issued, c, err := o.issue(ctx)
	if err != nil {
		return err
	}
	if err := file.Commit(issued.Config); err != nil {
		return err
	}
	o.Note("Wrote a talosconfig for %s to %s. It opens %s until %s.", c, hint.Path(o.writeTo),
		strings.Join(o.roles, ", "), issued.NotAfter.Local().Format(time.DateTime))
	return nil
}

// issue has a node of the edge cluster issue what the flags want. The administrator's talosconfig is not kept, and not
// read by this process.
func (o *talosOptions) issue(ctx context.Context) (issued talosOutcome, c *managedCluster, err error) {
	if c, err = o.find(ctx); err != nil {
		return issued, nil, err
	}
	if slices.Contains(o.roles, talosaccess.Admin) {
		question := fmt.Sprintf("%s opens the whole %s: its nodes, all secrets, and everything that runs there. Go on?",
			talosaccess.Admin, c)
		if err := o.Confirm(ctx, o.yes, question); err != nil {
			return issued, nil, err
		}
	}
	issued, err = o.talosWork(ctx, c, talosJob{Roles: o.roles, TTL: o.ttl})
	if err == nil && issued.Short {
		o.Warn("the certificate ends before its time: at %s", issued.NotAfter.Local().Format(time.DateTime))
	}
	return issued, c, err
}

// find is the edge cluster that is meant.
func (o *talosOptions) find(ctx context.Context) (*managedCluster, error) {
	f := clusterFlags{namespace: o.namespace}
	var which fleetFlags
	if o.which != (instanceFlags{}) {
		which.add(o.which)
	}
	open := which.none()
	cloud, err := o.here(ctx, &which)
	if err != nil {
		return nil, err
	}
	current, err := o.current.get()
	switch {
	case o.cluster != "":
		f.names = []string{o.cluster}
	case err != nil:
		return nil, err
	case open && current.Cluster != "" && current.in(cloud.Scope):
		f.names, f.namespace = []string{current.Cluster}, cmp.Or(f.namespace, current.ClusterNamespace)
	}
	f.all = len(f.names) == 0
	all, err := o.findClusters(ctx, cloud, which, f, patienceFlags{noWait: true})
	switch {
	case err != nil:
		return nil, err
	case !f.all && len(all.clusters) == 1:
		return all.clusters[0], nil
	}
	return o.oneCluster(ctx, all.clusters)
}
