package edge

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

const installHint = `This kubeconfig gets its tokens from kubectl edge. Install it with

  kubectl krew install edge edge-credential

then log in: kubectl edge login`

func newKubeconfigCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "kubeconfig", Short: "Write kubeconfigs that hold no secret"}
	cmd.AddCommand(newKubeconfigCreateCmd(a))
	return cmd
}

type kubeconfigCreateOptions struct {
	*app
	which         instanceFlags
	expiration    time.Duration // 0 leaves it to the profile
	path          string
	switchContext bool
	noWait        bool
}

func newKubeconfigCreateCmd(a *app) *cobra.Command {
	o := &kubeconfigCreateOptions{app: a}
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Add an instance to your kubeconfig, without a secret",
		Long: `Add an instance to your kubeconfig, without a secret.

The user entry calls kubectl-edge_credential, which mints short-lived tokens when they are needed. All other entries of the
file, its comments and its order stay as they are.`,
		Example: `  kubectl edge kubeconfig create --name demo --switch-context
  kubectl edge kubeconfig create --instance-id demo-3714d85 --kubeconfig demo.yaml --expiration 1h`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.which.validate(); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	o.which.addFlags(cmd.Flags())
	cmd.Flags().VarP((*expiration.Flag)(&o.expiration), "expiration", "e", "how long each minted token is valid, such as 15m or 1d (default: the profile's, else 15m)")
	cmd.Flags().StringVar(&o.path, "kubeconfig", "", "file to write (default: as kubectl chooses it)")
	cmd.Flags().BoolVar(&o.switchContext, "switch-context", false, "make the instance the current context")
	cmd.Flags().BoolVar(&o.noWait, "no-wait", false, "fail rather than wait for an instance that is not active yet")
	return cmd
}

func (o *kubeconfigCreateOptions) run(ctx context.Context) error {
	s, err := o.projectScope()
	if err != nil {
		return err
	}
	client, err := o.client(ctx, s)
	if err != nil {
		return err
	}
	instance, err := o.active(ctx, client, s, o.which, o.noWait)
	if err != nil {
		return err
	}
	request := tokenrequest.Request{
		ProjectID: s.project, Region: s.region, InstanceID: instance.Id, Profile: s.name, Expiration: o.expiration,
	}
	entry, err := o.fetch(ctx, client, request)
	if err != nil {
		return err
	}
	path, switched, err := o.write(ctx, entry, request)
	if err != nil {
		return err
	}
	o.note("Wrote context %q for instance %q to %q.", entry.Name, instance.DisplayName, path)
	if switched {
		o.note("It is the current context.")
	} else {
		o.note("Use it with: kubectl --context %s get edgehosts", entry.Name)
	}
	return nil
}

// fetch gets where the instance is. The API gives that only together with a new token, so the token is put to use.
func (o *kubeconfigCreateOptions) fetch(ctx context.Context, client *stackit.Client, request tokenrequest.Request) (kubeconfig.Entry, error) {
	target, err := request.Resolve(o.dirs, o.Getenv)
	if err != nil {
		return kubeconfig.Entry{}, err
	}
	issued := o.Now()
	object, err := client.Kubeconfig(ctx, request.ProjectID, request.Region, request.InstanceID, expiration.Min)
	if err != nil {
		return kubeconfig.Entry{}, err
	}
	entry, token, err := kubeconfig.FromAPI(object)
	if err != nil {
		return kubeconfig.Entry{}, err
	}
	entry.Name = "edge_" + request.Region + "_" + request.InstanceID
	entry.User = kubeconfig.ExecUser(request.Args(), installHint)
	e := tokencache.Entry{
		Token: token, Issued: issued, Expires: tokencache.Expiry(token, issued, expiration.Min), Labels: target.Labels(),
	}
	if cached, err := target.Store.Get(target.Key, o.Now()); err != nil || cached.Expires.Before(e.Expires) {
		if err := target.Store.Put(target.Key, e); err != nil {
			o.note("warning: the first token is not cached: %v", err)
		}
	}
	return entry, nil
}

func (o *kubeconfigCreateOptions) write(ctx context.Context, entry kubeconfig.Entry, request tokenrequest.Request) (path string, switched bool, err error) {
	err = kubeconfig.Edit(ctx, o.path, func(config *api.Config) error {
		if other, ok := config.AuthInfos[entry.Name]; ok && !sameInstance(other, request) {
			return hint.Wrap(fmt.Errorf("user %q is there already and is not this instance's", entry.Name),
				"write to another file with --kubeconfig, or remove it with kubectl config delete-user %s", entry.Name)
		}
		entry.Put(config)
		if o.switchContext || config.CurrentContext == "" {
			config.CurrentContext = entry.Name
		}
		switched = config.CurrentContext == entry.Name
		return nil
	})
	if err != nil {
		return "", false, err
	}
	config, err := kubeconfig.Load(o.path)
	if err != nil {
		return "", false, err
	}
	return config.Contexts[entry.Name].LocationOfOrigin, switched, nil
}

// sameInstance reports whether user gets its tokens by a request for the same instance.
func sameInstance(user *api.AuthInfo, request tokenrequest.Request) bool {
	if user.Exec == nil || user.Exec.Command != kubeconfig.Command {
		return false
	}
	other, err := tokenrequest.Parse(user.Exec.Args)
	return err == nil && other.ProjectID == request.ProjectID && other.Region == request.Region &&
		other.InstanceID == request.InstanceID
}
