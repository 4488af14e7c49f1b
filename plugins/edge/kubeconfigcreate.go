package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgetoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

type kubeconfigCreateOptions struct {
	*app
	which         fleetFlags
	clusters      clusterFlags  // none: the instances themselves
	rights        rightsFlags   // in the edge clusters
	expiration    time.Duration // 0 leaves it to the profile
	contextName   contextName
	namespace     string // of the context; in an edge cluster it is where the role counts
	path          string
	switchContext bool
	patience      patienceFlags
	overwrite     bool
	dryRun        bool
	format        string // "", json or yaml
}

func newKubeconfigCreateCmd(a *app) *cobra.Command {
	o := &kubeconfigCreateOptions{app: a}
	cmd := &cobra.Command{
		Use:   "create [INSTANCE[/CLUSTER]…]",
		Short: "Add instances, or their edge clusters, to your kubeconfig, without a secret",
		Long: `Add instances, or their edge clusters, to your kubeconfig, without a secret.

The user entry calls kubectl-edge_credential, which mints short-lived tokens when they are needed. All other entries
of the file, its comments and its order stay as they are, and it is written once, after all instances have been asked.

The API tells where an instance's server is only together with a new token, valid for 10 minutes. It goes to the
cache, so that the first kubectl command need not wait for another. This holds for --dry-run and -o, too.

Several instances are asked in parallel. What is written are those that answered; the others are reported, and the exit
code is 1. Whether an instance gives out credentials is not to be seen from its state, so each is asked; one that does
not yet is waited for, up to --timeout, unless there is --no-wait. With --all and without edge clusters, none is waited
for unless --timeout is given.

Without an instance it is the one of the current context, or the only one of the project, or what you choose on the
terminal.

With --cluster or --all-clusters, or as demo/berlin, it adds edge clusters of the instances instead of these. Their
credential is a client certificate for an hour, with your name on it and the rights of --role: view unless you ask for
more. edit and admin want --namespace. Where the binding of the role is missing in the edge cluster you are asked
whether to create it; --bind does so without asking. An edge cluster that is still being created is waited for, as an
instance is. --break-glass is for when nothing else works: see docs/edge-clusters.md.

--context-name is a template with the fields {{.Name}}, {{.ID}}, {{.Project}}, {{.Region}} and {{.Profile}}, and for an
edge cluster {{.Cluster}}, {{.ClusterNamespace}}, {{.Role}} and {{.RoleNamespace}}. Cluster, user and context all get
its name.`,
		Example: `  kubectl edge kubeconfig create demo --switch-context
  kubectl edge kubeconfig create demo-3714d85 --kubeconfig demo.yaml --expiration 1h
  kubectl edge kubeconfig create --all --context-name 'site-{{.Name}}' --dry-run
  kubectl edge kubeconfig create demo -o yaml > demo.yaml
  kubectl edge kubeconfig create demo/berlin
  kubectl edge kubeconfig create demo --cluster berlin --role edit --namespace shop --bind
  kubectl edge kubeconfig create --all --all-clusters --bind`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.which.take(args, &o.clusters); err != nil {
				return usageError{err}
			}
			if err := o.validate(); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	o.which.addFlags(cmd.Flags())
	o.clusters.addFlags(cmd.Flags())
	o.rights.addFlags(cmd.Flags())
	cmd.Flags().VarP((*expiration.Flag)(&o.expiration), "expiration", "e",
		"how long what is minted is valid, such as 15m or 1d (default: the profile's, else 15m, or 1h in an edge "+
			"cluster)")
	cmd.Flags().Var(&o.contextName, "context-name", "template of the context's name (default: "+
		string(defaultContextName)+", with the edge cluster and its role)")
	cmd.Flags().StringVar(&o.namespace, "namespace", "",
		"namespace of the context; in an edge cluster the role counts there alone")
	cmd.Flags().StringVar(&o.path, "kubeconfig", "", "file to write (default: as kubectl chooses it)")
	cmd.Flags().BoolVar(&o.switchContext, "switch-context", false, "make the instance the current context")
	o.patience.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.overwrite, "overwrite", false,
		"replace entries of the same name that are not the instance's")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "print what would change as a diff, and write nothing")
	cmd.Flags().StringVarP(&o.format, "output", "o", "", "print a kubeconfig of its own, and write nothing: json|yaml")
	return cmd
}

func (o *kubeconfigCreateOptions) validate() error {
	if err := o.validateChoice(); err != nil {
		return err
	}
	if o.format != "" {
		if err := output.OneOf(o.format, "json", "yaml"); err != nil {
			return err
		}
	}
	switch {
	case o.switchContext && o.several():
		return errors.New("--switch-context wants a single instance or edge cluster")
	case o.format != "" && (o.dryRun || o.path != "" || o.overwrite):
		return errors.New("-o writes to no file: leave out --dry-run, --kubeconfig and --overwrite")
	}
	if o.namespace != "" {
		if err := edgetoken.CheckNamespace(o.namespace); err != nil {
			return err
		}
	}
	return o.patience.validate()
}

func (o *kubeconfigCreateOptions) validateChoice() error {
	if err := o.clusters.validate(); err != nil {
		return err
	}
	if !o.clusters.chosen() {
		if o.rights.given() {
			return hint.Wrap(errors.New("--role, --credential, --bind, --break-glass and --yes want --cluster or "+
				"--all-clusters"), "kubectl edge cluster list")
		}
		return o.which.validateAny()
	}
	if err := o.which.validateAny(); err != nil {
		return err
	}
	if err := tokenrequest.CheckClusterExpiration(o.expiration); err != nil {
		return err
	}
	return o.rights.validate(o.namespace)
}

// several reports whether there may be more than one context, so that the failure of one is not that of all.
func (o *kubeconfigCreateOptions) several() bool {
	return o.which.several() || o.clusters.several()
}

func (o *kubeconfigCreateOptions) run(ctx context.Context) error {
	o.patience.forAll(o.which.all && !o.clusters.chosen())
	o.current.warned = o.path == "" // then what is wrong with the kubeconfig ends the command
	if o.clusters.chosen() {
		// before anybody is asked anything else
		if err := o.confirmRole(ctx, &o.rights, &o.namespace, o.namespacesHere); err != nil {
			return err
		}
	}
	cloud, err := o.here(ctx, &o.which)
	if err != nil {
		return err
	}
	return o.create(ctx, cloud)
}

// create writes the chosen instances of the cloud's project, or their edge clusters.
func (o *kubeconfigCreateOptions) create(ctx context.Context, cloud edgeCloud) error {
	if o.clusters.chosen() {
		return o.createClusters(ctx, cloud)
	}
	instances, failed, err := o.which.get(ctx, o.app, cloud)
	if err != nil {
		return err
	}
	if o.which.all && len(instances) == 0 {
		o.Note("No instances found in project %s, region %s.", cloud.ProjectID, cloud.Region)
		o.askRegion(cloud.Region)
	}
	places, err := o.places(cloud, instances)
	if err != nil {
		return err
	}
	if err := o.checkFree(ctx, places); err != nil { // before anything is minted
		return err
	}
	if err := o.checkWritable(ctx, places); err != nil {
		return err
	}
	if o.dryRun && len(places) > 0 {
		o.noteDryRunMints()
	}
	missing, err := o.fetchAll(ctx, cloud, places)
	if err != nil {
		return err
	}
	failed = append(failed, missing...)
	fetched := placesWithEntry(places)
	if len(fetched) > 0 {
		if err := o.put(ctx, fetched); err != nil {
			return err
		}
	}
	return plugin.Incomplete(failed, len(failed)+len(fetched), "context", "created")
}

// noteDryRunMints says before a dry run asks the API where instances are that it does not leave everything as it is.
func (a *app) noteDryRunMints() {
	a.Note("A dry run mints as well: the API says where an instance is only together with a token, valid for " +
		"10 minutes.")
}

// place is an instance, or one of its edge clusters, and where in a kubeconfig it goes.
type place struct {
	instance stackit.Instance
	cluster  *managedCluster // nil: the instance itself
	request  tokenrequest.Request
	name     string           // of cluster, user and context
	entry    kubeconfig.Entry // has no Name until it was fetched
}

// String is what the place is of, as messages say it.
func (p *place) String() string {
	if p.cluster != nil {
		return p.cluster.String()
	}
	return fmt.Sprintf("instance %q", p.instance.DisplayName)
}

func placesWithEntry(places []*place) []*place {
	var fetched []*place
	for _, p := range places {
		if p.entry.Name != "" {
			fetched = append(fetched, p)
		}
	}
	return fetched
}

// places gives each instance its name.
func (o *kubeconfigCreateOptions) places(cloud edgeCloud, instances []stackit.Instance) ([]*place, error) {
	var places []*place
	for _, instance := range instances {
		places = append(places, &place{instance: instance, request: o.request(cloud, instance)})
	}
	return places, o.nameAll(places, defaultContextName, "{{.ID}}")
}

func (o *kubeconfigCreateOptions) request(cloud edgeCloud, instance stackit.Instance) tokenrequest.Request {
	return tokenrequest.Request{ProjectID: cloud.ProjectID, Region: cloud.Region, InstanceID: instance.Id,
		Profile: cloud.Name, Expiration: o.expiration}
}

// nameAll gives each place its name. Unique are names with the fields in apart.
func (o *kubeconfigCreateOptions) nameAll(places []*place, usual contextName, apart string) error {
	named := map[string]*place{}
	for _, p := range places {
		r := p.request
		name, err := cmp.Or(o.contextName, usual).of(contextFields{
			Name: p.instance.DisplayName, ID: p.instance.Id, Project: r.ProjectID, Region: r.Region,
			Profile: r.Profile, Cluster: r.Cluster, ClusterNamespace: r.ClusterNamespace,
			Role: cmp.Or(r.Role, r.Credential), RoleNamespace: r.Namespace,
		})
		if err != nil {
			return usageError{err}
		}
		if other, ok := named[name]; ok {
			return usageError{fmt.Errorf("--context-name makes %q of both %s and %s: use %s in it", name, other.id(),
				p.id(), apart)}
		}
		named[name], p.name = p, name
	}
	return nil
}

// id says which place it is, where names may not be unique.
func (p *place) id() string {
	if p.cluster != nil {
		return p.cluster.String()
	}
	return "instance " + p.instance.Id
}

// checkWritable tries whether the kubeconfig can be written, where it will be.
func (o *kubeconfigCreateOptions) checkWritable(ctx context.Context, places []*place) error {
	if o.dryRun || o.format != "" {
		return nil
	}
	var names []string
	for _, p := range places {
		names = append(names, p.name)
	}
	return kubeconfig.CheckWritable(ctx, o.path, names...)
}

// put writes the entries, or shows them.
func (o *kubeconfigCreateOptions) put(ctx context.Context, places []*place) error {
	if o.format != "" {
		return o.print(places)
	}
	switched := false
	var changed []string
	var glasses []kubeconfig.EdgeContext
	edit := func(config *api.Config) error {
		changed, glasses = nil, administrators(config)
		for _, p := range places {
			if err := o.free(config, p); err != nil { // again, under the lock
				return err
			}
			if text := p.change(config); text != "" {
				changed = append(changed, text)
			}
			if o.overwrite && !kubeconfig.IsFor(config.AuthInfos[p.name], p.request) {
				delete(config.AuthInfos, p.name)
				delete(config.Clusters, p.name)
				delete(config.Contexts, p.name)
			}
			p.entry.Put(config)
		}
		if !o.several() && (o.switchContext || config.CurrentContext == "") {
			config.CurrentContext = places[0].name
		}
		switched = config.CurrentContext == places[0].name
		glasses = without(glasses, administrators(config))
		return nil
	}
	if o.dryRun {
		return o.preview(ctx, o.path, edit)
	}
	if err := kubeconfig.Edit(ctx, o.path, edit); err != nil {
		return err
	}
	if err := o.report(ctx, places, switched); err != nil {
		return err
	}
	for _, text := range changed {
		o.Note("%s", text)
	}
	return o.disagreeToBreakGlass(glasses)
}

// preview prints what an edit would change.
func (a *app) preview(ctx context.Context, path string, edit func(*api.Config) error) error {
	diff, err := kubeconfig.Preview(ctx, path, edit)
	if err != nil {
		return err
	}
	if diff == "" {
		a.Note("Nothing would change.")
		return nil
	}
	_, err = fmt.Fprint(a.Out, diff)
	return err
}

func (o *kubeconfigCreateOptions) print(places []*place) error {
	config := api.NewConfig()
	for _, p := range places {
		p.entry.Put(config)
	}
	if !o.several() {
		config.CurrentContext = places[0].name
	}
	data, err := clientcmd.Write(*config)
	if err == nil && o.format == "json" {
		data, err = yaml.YAMLToJSON(data)
		data = output.EscapeJSON(append(data, '\n'))
	} else {
		data = output.EscapeYAML(data)
	}
	if err != nil {
		return fmt.Errorf("print kubeconfig: %w", err)
	}
	_, err = o.Out.Write(data)
	return err
}

func (o *kubeconfigCreateOptions) report(ctx context.Context, places []*place, switched bool) error {
	config, err := kubeconfig.Load(ctx, o.path)
	if err != nil {
		return err
	}
	var lines, paths []string
	for _, p := range places {
		path := o.path
		if context := config.Contexts[p.name]; context != nil {
			path = context.LocationOfOrigin
		}
		path = hint.Path(path)
		lines = append(lines, fmt.Sprintf("Wrote context %q for %s to %s.", p.name, p, path))
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	what, each := "get edgehosts", "each --all"
	if o.clusters.chosen() {
		what, each = "get pods", "each --clusters"
		if o.namespace == "" {
			what += " -A"
		}
	}
	o.Tell(lines, o.verbose, fmt.Sprintf("Wrote %s to %s.", plugin.Count(len(places), "context"),
		strings.Join(paths, " and ")))
	switch {
	case o.several():
		o.Note("Use them with: kubectl --context NAME %s, or all at once: kubectl edge %s -- %s", what, each, what)
	case switched:
		o.Note("It is the current context.")
	default:
		o.Note("Use it with: kubectl --context %s %s", places[0].name, what)
	}
	return nil
}
