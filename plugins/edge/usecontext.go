package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// back makes the context the current one again that was it before.
func (o *useOptions) back(cmd *cobra.Command) error {
	var given []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if cmd.InheritedFlags().Lookup(f.Name) == nil {
			given = append(given, "--"+f.Name)
		}
	})
	if len(given) > 0 {
		return usageError{fmt.Errorf("%s: - is the previous context, as it is", strings.Join(given, ", "))}
	}
	name, err := kubeconfig.Back(cmd.Context(), o.current.path)
	if errors.Is(err, kubeconfig.ErrNoPrevious) {
		return hint.Wrap(err, "kubectl edge use INSTANCE, or kubectl config get-contexts")
	}
	if err != nil {
		return err
	}
	o.Note("Switched to context %q.", name)
	return nil
}

// switchTo makes the context of this name the current one, if there is one.
func (o *useOptions) switchTo(ctx context.Context, name string) (done bool, err error) {
	config, err := kubeconfig.Load(ctx, o.current.path)
	if err != nil || config.Contexts[name] == nil {
		return false, nil // what is wrong with the kubeconfig is said where it is needed
	}
	request, ours := kubeconfig.RequestOf(user(config, config.Contexts[name]))
	meant, unfit := named(name)
	if !ours {
		if unfit == nil {
			return false, nil // an instance may have the same name
		}
		return false, hint.Wrap(fmt.Errorf("context %.200q is not one of kubectl edge", name),
			"kubectl config use-context %s", hint.Argument(name))
	}
	if of := contextsOf(config, meant); unfit == nil && !meant.means(request.InstanceID) && len(of) > 0 {
		return false, usageError{hint.Wrap(fmt.Errorf("%q is a context, of instance %s, and an instance, of context %q",
			name, request.InstanceID, of[0].Name), "kubectl config use-context %s, or kubectl edge use --name %s", name,
			name)}
	}
	if o.rights.given() || o.namespace != "" || o.in != "" {
		return false, nil
	}
	return true, o.switchContext(ctx, kubeconfig.EdgeContext{Name: name, Request: request})
}

// suggestContext adds to err, which is about an argument that is not an instance here, the contexts that may have been
// meant: those of an instance of this name elsewhere, or those with a name that is alike.
func (o *useOptions) suggestContext(ctx context.Context, args []string, err error) error {
	config, unread := kubeconfig.Load(ctx, o.current.path)
	if unread != nil || len(args) == 0 {
		return err
	}
	argument := args[0]
	meant, unfit := named(argument)
	var elsewhere []string
	if unfit == nil {
		for _, c := range contextsOf(config, meant) {
			elsewhere = append(elsewhere, "kubectl edge use "+hint.Argument(c.Name))
		}
		slices.Sort(elsewhere)
	}
	names := slices.Collect(maps.Keys(config.Contexts))
	switch {
	case len(elsewhere) > 0:
		return hint.DidYouMean(err, elsewhere...)
	case hint.Guessed(err): // an instance
		return err
	case unfit != nil && strings.ContainsAny(argument, "_@:"):
		err = hint.Wrap(fmt.Errorf("no context %.200q in the kubeconfig, and no instance can be called so", argument),
			"kubectl config get-contexts")
	}
	return hint.Among(err, "", argument, names)
}

// contextsOf are the contexts of an instance, and of its edge clusters.
func contextsOf(config *api.Config, f instanceFlags) []kubeconfig.EdgeContext {
	return slices.Collect(filter(kubeconfig.EdgeContexts(config),
		func(c kubeconfig.EdgeContext) bool { return f.means(c.Request.InstanceID) }))
}

// switchToInstance makes the context of the instance, or of the edge cluster of it, the current one, if there is one.
func (o *useOptions) switchToInstance(ctx context.Context, s profile.Scope) (done bool, err error) {
	if o.rights.bind { // may have to be made
		return false, nil
	}
	config, err := kubeconfig.Load(ctx, o.current.path)
	if err != nil {
		return false, err
	}
	contexts := o.contexts(config, s)
	for _, better := range []func(kubeconfig.EdgeContext) bool{
		func(c kubeconfig.EdgeContext) bool { return c.In(s) },
		func(c kubeconfig.EdgeContext) bool { return cmp.Or(c.Request.Profile, s.Name) == s.Name },
		func(c kubeconfig.EdgeContext) bool { return c.Name == config.CurrentContext },
		func(c kubeconfig.EdgeContext) bool { return strings.HasPrefix(c.Name, "edge_") }, // the name of its own
	} {
		if some := slices.Collect(filter(contexts, better)); len(some) > 0 && len(contexts) > 1 {
			contexts = some
		}
	}
	ids := map[string]bool{}
	var names []string
	for _, c := range contexts {
		ids[c.Request.InstanceID] = true
		names = append(names, c.Name)
	}
	switch {
	case len(contexts) == 0, len(ids) > 1 && s.ProjectID != "":
		return false, nil // the API knows which is meant
	case len(ids) > 1:
		err := fmt.Errorf("%s is in several projects: %s", o.which.called(), strings.Join(names, ", "))
		return false, usageError{hint.Wrap(err, "add --project-id, or name the context: kubectl edge use %s",
			hint.Argument(names[0]))}
	}
	return true, o.switchContext(ctx, contexts[0])
}

func filter[T any](items []T, keep func(T) bool) func(yield func(T) bool) {
	return func(yield func(T) bool) {
		for _, item := range items {
			if keep(item) && !yield(item) {
				return
			}
		}
	}
}

// contexts are those of the instance, or of the edge cluster of it with these rights. An id is one of a single project,
// a name counts in the scope's.
func (o *useOptions) contexts(config *api.Config, s profile.Scope) []kubeconfig.EdgeContext {
	want := tokenrequest.EdgeCluster{}
	if o.cluster != "" {
		want = tokenrequest.EdgeCluster{Cluster: o.cluster, ClusterNamespace: o.namespace, Role: o.rights.role,
			Namespace: o.in}.WithDefaults()
	}
	chosenProfile := cmp.Or(o.choice.Profile, o.Getenv(profile.NameVariable))
	anywhere := s.ProjectID == "" || o.which.id != "" && o.choice.ProjectID == "" && o.choice.Region == ""
	return slices.DeleteFunc(kubeconfig.EdgeContexts(config), func(c kubeconfig.EdgeContext) bool {
		r, e := c.Request, c.Request.EdgeCluster.WithDefaults()
		return !o.which.means(r.InstanceID) || !anywhere && !c.In(s) ||
			chosenProfile != "" && cmp.Or(r.Profile, s.Name) != chosenProfile ||
			e.Cluster != want.Cluster || e.ClusterNamespace != want.ClusterNamespace || e.Role != want.Role ||
			e.Namespace != want.Namespace || e.Credential == tokenrequest.Administrator ||
			config.Clusters[config.Contexts[c.Name].Cluster] == nil
	})
}

// switchContext makes a context the current one.
func (o *useOptions) switchContext(ctx context.Context, c kubeconfig.EdgeContext) error {
	was := false
	err := kubeconfig.Edit(ctx, o.current.path, func(config *api.Config) error {
		if config.Contexts[c.Name] == nil {
			return hint.Wrap(fmt.Errorf("no context %.200q in the kubeconfig any more", c.Name),
				"kubectl edge use %s", hint.Word(o.which.called()))
		}
		was = config.CurrentContext == c.Name
		config.CurrentContext = c.Name
		return nil
	})
	switch {
	case err != nil:
		return err
	case was:
		o.Note("Context %q, of %s, is the current one already.", c.Name, ofWhat(c.Request))
	default:
		o.Note("Switched to context %q, of %s.", c.Name, ofWhat(c.Request))
	}
	return nil
}
