package edge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// confirmRole decides about a role that is asked for without a namespace and equals cluster-admin there: a person names
// the namespace, or has to say that cluster-admin is meant, and the kubeconfig calls it by its name then. Namespaces,
// where it is there, lists what they can choose from on a terminal.
func (a *app) confirmRole(ctx context.Context, f *rightsFlags, namespace *string,
	namespaces func(context.Context) ([]string, error)) error {
	if !f.equalsAdministrator(*namespace) {
		return nil
	}
	a.Note("Role %s is for one namespace, where it may %s. In the whole cluster it equals cluster-admin, which may do "+
		"everything: it can make tokens for every service account, those of kube-system too.", f.role,
		map[string]string{
			tokenrequest.RoleEdit:  "change all but roles and their bindings",
			tokenrequest.RoleAdmin: "change everything, also who has which role",
		}[f.role])
	if f.yes {
		f.role = tokenrequest.RoleClusterAdmin
		return nil
	}
	if namespaces != nil && picker.Possible(a.Process) {
		names, err := namespaces(ctx)
		switch {
		case ctx.Err() != nil:
			return err
		case err == nil && len(names) > 0: // who may not list them may know one all the same
			return a.pickNamespace(ctx, f, namespace, names)
		}
	}
	answer, err := a.Answer(ctx, "Which namespace? (its name, or cluster-admin for the whole cluster):")
	switch {
	case errors.Is(err, plugin.ErrNoTerminal):
		return hint.Wrap(fmt.Errorf("role %s without --namespace equals cluster-admin: %w", f.role, err),
			"name the namespace with --namespace, or want all rights with --role cluster-admin")
	case err != nil:
		return err
	case slices.Contains([]string{"", "n", "no"}, strings.ToLower(answer)): // nobody means a namespace by that
		return plugin.ErrDeclined
	case answer == tokenrequest.RoleClusterAdmin:
		f.role = tokenrequest.RoleClusterAdmin
		return nil
	}
	*namespace = answer
	return f.validate(answer)
}

// pickNamespace has a person choose the namespace in which the role counts, or the whole cluster.
func (a *app) pickNamespace(ctx context.Context, f *rightsFlags, namespace *string, names []string) error {
	list := picker.List{Title: "Namespace of role " + f.role, Columns: []string{"NAME"}}
	for _, name := range names {
		row := picker.Row{Cells: []string{name}}
		if f.validate(name) != nil { // who may change its service accounts has their rights
			row.Unusable = "equals " + tokenrequest.RoleClusterAdmin
		}
		list.Rows = append(list.Rows, row)
	}
	list.Rows = append(list.Rows, picker.Row{Cells: []string{"the whole cluster, as " + tokenrequest.RoleClusterAdmin}})
	i, err := picker.Choose(ctx, a.Process, list)
	switch {
	case err != nil:
		return err
	case i == len(names):
		f.role = tokenrequest.RoleClusterAdmin
		return nil
	}
	*namespace = names[i]
	return f.validate(*namespace)
}

// checkGroup looks whether the edge clusters of the places know the group of the user's own: kubectl edge binds nothing
// to it, and somebody may have misspelt a role.
func (a *app) checkGroup(ctx context.Context, places []*place, f *rightsFlags, several bool) (there []*place,
	failed []string, err error) {
	group := clusteraccess.GrantOf(places[0].request.EdgeCluster).Group()
	unbound := make([]bool, len(places))
	there, failed, err = a.eachPlace(ctx, several, "asked", places, func(p *place, _ func(string)) error {
		bound, err := a.bound(ctx, p)
		unbound[slices.Index(places, p)] = err == nil && !bound
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	var without []string
	for _, p := range there {
		if unbound[slices.Index(places, p)] {
			without = append(without, p.String())
		}
	}
	if len(without) == 0 {
		a.Note("%s is a group of your own: it may do what is bound to it.", group)
		return there, failed, nil
	}
	where := strings.Join(without, ", ")
	like := f.almost()
	if like == "" {
		a.Note("%s is a group of your own, and no binding in %s names it: it may do nothing there yet.", group, where)
		return there, failed, nil
	}
	no := fmt.Errorf("%q is not a role but a group of your own, and no binding in %s names it", group, where)
	err = a.Confirm(ctx, f.yes, fmt.Sprintf("There is no role %s: did you mean --role %s? As a group of your own it "+
		"has no rights in %s. Use it nevertheless?", group, like, where))
	if errors.Is(err, plugin.ErrNoTerminal) {
		return nil, nil, usageError{hint.Wrap(no, "did you mean --role %s? If not, bind the group first", like)}
	}
	return there, failed, err
}
