package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"path"
	"slices"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

func newArgoCDCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "argocd", Short: "Let Argo CD deploy to instances and edge clusters without a secret"}
	cmd.AddCommand(newArgoCDClusterSecretCmd(a))
	return cmd
}

type clusterSecretOptions struct {
	*app
	which          fleetFlags
	clusters       clusterFlags // none: the instances themselves
	rights         rightsFlags  // in the edge clusters
	roleNamespace  string
	serviceAccount string // e-mail address
	tokenFile      string
	command        string
	expiration     time.Duration // 0 leaves it to the profile of the pod
	namespace      string
	labels         map[string]string
	annotations    map[string]string
	patience       patienceFlags
	format         string

	apply          bool
	forceConflicts bool
	kubeconfig     string
	context        string
}

func newArgoCDClusterSecretCmd(a *app) *cobra.Command {
	o := &clusterSecretOptions{
		app: a, namespace: "argocd", format: "yaml", command: tokenrequest.Helper,
		tokenFile: "/var/run/secrets/stackit.cloud/serviceaccount/token",
	}
	cmd := &cobra.Command{
		Use:   "cluster-secret [INSTANCE[/CLUSTER]…]",
		Short: "Write the Secrets by which Argo CD knows instances, or their edge clusters, without a token in them",
		Long: `Write the Secrets by which Argo CD knows instances, or their edge clusters, without a token in them.

Each Secret has Argo CD call kubectl-edge_credential, which mints short-lived tokens with the workload
identity of Argo CD's pods. Helper and identity have to be in these pods first: see docs/argocd.md and the
kustomize component next to it.

Secret and cluster are named edge-REGION-INSTANCE_ID. The labels kubectl-edge/name, instance-id, project-id
and region are for the cluster generator of ApplicationSets; --label and --annotation add others.

The API says where an instance's server is only together with a new token, valid for 10 minutes. It goes to
your cache.

Without an instance it is the one of the current context, or the only one of the project, or what you choose on
the terminal.

With --cluster or --all-clusters, or as demo/berlin, the Secrets are of edge clusters of the instances, named after
the instance's and the edge cluster, with the labels kubectl-edge/cluster and cluster-namespace beside those of the
instance.
--role says what Argo CD may do there; edit and admin want --role-namespace, to which the Secret then limits
Argo CD. The credential lives for an hour, and is a token where one can have the role: each new certificate cuts
all of Argo CD's watches.`,
		Example: `  kubectl edge argocd cluster-secret demo \
      --service-account-email argocd-x4t7k21@sa.stackit.cloud
  kubectl edge argocd cluster-secret --all --service-account-email argocd-x4t7k21@sa.stackit.cloud --label stage=prod \
      --apply --context management
  kubectl edge argocd cluster-secret --all --all-clusters --role cluster-admin --bind \
      --service-account-email argocd-x4t7k21@sa.stackit.cloud --apply --context management`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.which.take(args, &o.clusters); err != nil {
				return usageError{err}
			}
			if o.apply && cmd.Flags().Changed("output") {
				return usageError{errors.New("want one of --apply and --output")}
			}
			if err := o.validate(); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	o.which.addFlags(cmd.Flags())
	f := cmd.Flags()
	o.clusters.addFlags(f)
	f.StringVar(&o.rights.role, "role", "", "what Argo CD may do in the edge clusters: view, edit, admin, "+
		"cluster-admin, or a GROUP of your own; edit and admin want --role-namespace")
	f.StringVar(&o.roleNamespace, "role-namespace", "", "namespace of the edge clusters in which the role counts")
	f.StringVar(&o.rights.credential, "credential", "", "kind of credential for edge clusters: token|certificate "+
		"(default: token, and certificate for cluster-admin or a GROUP, which no token can have)")
	f.BoolVar(&o.rights.bind, "bind", false, bindHelp)
	f.StringVar(&o.serviceAccount, "service-account-email", "",
		"STACKIT service account that trusts the pods' workload identity")
	f.StringVar(&o.tokenFile, "token-file", o.tokenFile, "file in the pods with the token of their workload identity")
	f.StringVar(&o.command, "command", o.command, "name or path of the helper in the pods")
	f.VarP((*expiration.Flag)(&o.expiration), "expiration", "e",
		"how long what is minted is valid, such as 15m or 8h (default: 15m, or 1h in an edge cluster)")
	f.StringVar(&o.namespace, "namespace", o.namespace, "namespace of Argo CD")
	f.StringToStringVarP(&o.labels, "label", "l", nil, "label to add, as KEY=VALUE; several with commas, or repeated")
	f.StringToStringVar(&o.annotations, "annotation", nil,
		"annotation to add, as KEY=VALUE; several with commas, or repeated")
	o.patience.addFlags(f)
	f.StringVarP(&o.format, "output", "o", o.format, "output format: json|yaml")
	f.BoolVar(&o.apply, "apply", false, "apply the Secrets to the cluster of --context (server-side), instead of "+
		"printing them")
	f.BoolVar(&o.forceConflicts, "force-conflicts", false, "with --apply, take over fields that others manage")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "file with the context (default: as kubectl chooses it)")
	f.StringVar(&o.context, "context", "", "context of the cluster in which Argo CD runs, for --apply")
	return cmd
}

var errClustersOnly = errors.New("--role, --role-namespace, --credential and --bind want --cluster or --all-clusters")

func (o *clusterSecretOptions) validate() error {
	if err := o.which.validateAny(); err != nil {
		return err
	}
	if o.serviceAccount == "" {
		missing := "--service-account-email is missing"
		if o.clusters.chosen() && o.rights.role == "" {
			missing = "--service-account-email and --role are missing"
		}
		return hint.Wrap(errors.New(missing), "whom Argo CD is to be at STACKIT, and what it may do: kubectl edge "+
			"argocd cluster-secret --help")
	}
	if address, err := mail.ParseAddress(o.serviceAccount); err != nil || address.Address != o.serviceAccount {
		return hint.Wrap(fmt.Errorf("--service-account-email %.80q: want an e-mail address", o.serviceAccount),
			"which service account, and whom it trusts: docs/argocd.md")
	}
	if err := o.validateClusters(); err != nil {
		return err
	}
	if err := output.OneOf(o.format, "json", "yaml"); err != nil {
		return err
	}
	switch {
	case !path.IsAbs(o.tokenFile):
		return fmt.Errorf("--token-file %.80q: want an absolute path", o.tokenFile)
	case !o.callsHelper():
		return fmt.Errorf("--command %.80q: want %s, or a path to it in the pods", o.command, tokenrequest.Helper)
	case o.apply && o.context == "":
		return errors.New("--apply wants --context: the cluster in which Argo CD runs is hardly ever the current one")
	case !o.apply && (o.context != "" || o.kubeconfig != "" || o.forceConflicts):
		return errors.New("--context, --kubeconfig and --force-conflicts want --apply")
	}
	if problems := validation.IsDNS1123Label(o.namespace); len(problems) > 0 {
		return fmt.Errorf("--namespace %.80q: %s", o.namespace, problems[0])
	}
	for key, value := range o.labels {
		if problems := append(validation.IsQualifiedName(key),
			validation.IsValidLabelValue(value)...); len(problems) > 0 {
			return fmt.Errorf("--label %.80s=%.80s: %s", key, value, problems[0])
		}
	}
	for key := range o.annotations {
		if problems := validation.IsQualifiedName(key); len(problems) > 0 {
			return fmt.Errorf("--annotation %.80s: %s", key, problems[0])
		}
	}
	return nil
}

func (o *clusterSecretOptions) validateClusters() error {
	if err := o.clusters.validate(); err != nil {
		return err
	}
	switch {
	case !o.clusters.chosen() && (o.rights.given() || o.roleNamespace != ""):
		return errClustersOnly
	case !o.clusters.chosen():
		return nil
	case o.rights.role == "": // view is no role to deploy with, and any other is for a person to choose
		return hint.Wrap(errors.New("--role is missing: what may Argo CD do in the edge clusters?"),
			"--role cluster-admin for everything, --role edit --role-namespace NAME for one namespace")
	}
	if o.rights.equalsAdministrator(o.roleNamespace) { // nobody is asked here
		return hint.Wrap(fmt.Errorf("role %s without --role-namespace equals cluster-admin", o.rights.role),
			"name the namespace with --role-namespace, or want all rights with --role cluster-admin")
	}
	if o.rights.credential == "" {
		asToken := o.rights.rights(o.roleNamespace)
		asToken.Credential = tokenrequest.Token
		if o.rights.credential = tokenrequest.Token; (tokenrequest.Request{EdgeCluster: asToken}).Check() != nil {
			o.rights.credential = tokenrequest.Certificate
		}
	}
	if err := tokenrequest.CheckClusterExpiration(o.expiration); err != nil {
		return err
	}
	return o.rights.validate(o.roleNamespace)
}

// callsHelper reports whether what Argo CD is to run is the helper: everything else would get arguments that it does
// not know.
func (o *clusterSecretOptions) callsHelper() bool {
	call, ours := tokenrequest.FindCall(o.command, nil)
	return ours && call.Sure
}

func (o *clusterSecretOptions) run(ctx context.Context) error {
	o.patience.forAll(o.which.all && !o.clusters.chosen())
	var target *rest.Config
	if o.apply {
		var err error
		if target, err = o.argoCD(); err != nil { // before anything is minted
			return err
		}
	}
	cloud, err := o.here(ctx, &o.which)
	if err != nil {
		return err
	}
	make := o.instanceSecrets
	if o.clusters.chosen() {
		make = o.clusterSecrets
	}
	secrets, incomplete, err := make(ctx, cloud)
	if err != nil {
		return err
	}
	if o.apply {
		err = o.applyAll(ctx, target, secrets)
	} else {
		err = o.print(secrets)
	}
	switch {
	case incomplete == nil:
		return err
	case err == nil:
		return incomplete
	}
	return fmt.Errorf("%w; %w", incomplete, err)
}

// argoCD returns how to reach the cluster in which Argo CD runs.
func (o *clusterSecretOptions) argoCD() (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules,
		&clientcmd.ConfigOverrides{CurrentContext: o.context}).ClientConfig()
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("reach the cluster of Argo CD: %w", err), "kubectl config get-contexts")
	}
	config.UserAgent = "kubectl-edge/" + o.Build.Version
	return config, nil
}

// instanceSecrets makes the Secrets of the instances. Of several, those that cannot be made are reported, and named by
// the error incomplete.
func (o *clusterSecretOptions) instanceSecrets(
	ctx context.Context, cloud edgeCloud,
) (secrets []*corev1.Secret, incomplete, err error) {
	instances, failed, err := o.which.get(ctx, o.app, cloud)
	if err != nil {
		return nil, nil, err
	}
	if o.which.all && len(instances) == 0 {
		o.Note("No instances found in project %s, region %s.", cloud.ProjectID, cloud.Region)
		o.askRegion(cloud.Region)
	}
	if !o.which.several() {
		cloud, end := o.waiting(cloud, instances[0].Id, o.patience)
		defer end()
		secret, err := o.secretOf(ctx, cloud, instances[0])
		return []*corev1.Secret{secret}, nil, err
	}
	made := make([]*corev1.Secret, len(instances))
	secretOf := func(cloud edgeCloud, i int, instance stackit.Instance) (err error) {
		made[i], err = o.secretOf(ctx, cloud, instance)
		return err
	}
	errs, err := askAll(ctx, o.app, cloud, o.patience, instances, secretOf)
	if err != nil {
		return nil, nil, err
	}
	made = slices.DeleteFunc(made, func(secret *corev1.Secret) bool { return secret == nil })
	o.Report(errs, o.verbose)
	failed = append(failed, plugin.Those(errs, instances, func(i stackit.Instance) string { return i.Id })...)
	return made, plugin.Incomplete(failed, len(failed)+len(made), "Secret", "written"), nil
}

func (o *clusterSecretOptions) secretOf(
	ctx context.Context, cloud edgeCloud, instance stackit.Instance,
) (*corev1.Secret, error) {
	request := tokenrequest.Request{
		ProjectID: cloud.ProjectID, Region: cloud.Region, InstanceID: instance.Id, Expiration: o.expiration,
	}
	own := request
	own.Profile = cloud.Name // that of this machine, whose cache gets the token
	entry, err := o.fetch(ctx, cloud.Client, own)
	if err != nil {
		return nil, err
	}
	return o.secret(request, cmp.Or(instance.DisplayName, instance.Id), entry)
}
