package edge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// bind sees to it that the role of the places is bound in their edge clusters. A binding that is missing is made if the
// flags say so, or a person does, who is asked once for all of them; and then it is waited for.
func (a *app) bind(ctx context.Context, places []*place, f *rightsFlags, several bool) (bound []*place, failed []string,
	err error) {
	if len(places) == 0 {
		return places, nil, nil
	}
	rights := places[0].request.EdgeCluster
	grant := clusteraccess.GrantOf(rights)
	if rights.Credential == tokenrequest.Administrator {
		return places, nil, nil
	}
	if !grant.Bound() {
		return a.checkGroup(ctx, places, f, several)
	}
	missing := make([]bool, len(places))
	asked := places
	places, failed, err = a.eachPlace(ctx, several, "asked", asked, func(p *place, _ func(string)) error {
		there, err := a.bound(ctx, p)
		missing[slices.Index(asked, p)] = !there
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	var unbound []*place
	for _, p := range places {
		if missing[slices.Index(asked, p)] {
			unbound = append(unbound, p)
		} else {
			bound = append(bound, p)
		}
	}
	if len(unbound) == 0 {
		return bound, failed, nil
	}
	if err := a.mayBind(ctx, unbound, grant, f.bind); err != nil {
		return nil, nil, err
	}
	made, more, err := a.eachPlace(ctx, several, "bound", unbound, func(p *place, _ func(string)) error {
		principal, err := a.principalAt(ctx, p)
		if err != nil {
			return err
		}
		return a.clusterMinter().Bind(ctx, p.cluster.api, p.request, principal)
	})
	if err != nil {
		return nil, nil, err
	}
	for _, p := range made {
		a.Note("Created %s in %s.", title(grant), p)
	}
	return append(bound, made...), append(failed, more...), nil
}

// mayBind reports whether the bindings may be made: a person can say so on a terminal.
func (a *app) mayBind(ctx context.Context, missing []*place, grant clusteraccess.Grant, bind bool) error {
	if bind {
		return nil
	}
	var names []string
	for _, p := range missing {
		names = append(names, p.String())
	}
	where := strings.Join(names, ", ")
	agreed, err := a.Ask(ctx, fmt.Sprintf("Nobody has the role %s in %s yet. Create %s, which gives it to group %s?",
		grant.Role, where, title(grant), grant.Group()))
	if errors.Is(err, plugin.ErrNoTerminal) {
		return hint.Wrap(fmt.Errorf("role %s: %s is missing in %s", grant.Role, title(grant), where),
			"create it with --bind, or have an administrator do so: %s", byHand(grant))
	}
	if err == nil && !agreed {
		err = plugin.ErrDeclined
	}
	return err
}

// title is the binding of a grant as messages name it.
func title(g clusteraccess.Grant) string {
	b := g.Binding()
	if b.Namespace == "" {
		return b.Kind + " " + b.Name
	}
	return b.Kind + " " + b.Namespace + "/" + b.Name
}

// byHand is how an administrator makes the binding with kubectl.
func byHand(g clusteraccess.Grant) string {
	b := g.Binding()
	command := fmt.Sprintf("kubectl create %s %s --clusterrole=%s --group=%s", strings.ToLower(b.Kind), b.Name,
		b.RoleRef.Name, g.Group())
	if b.Namespace != "" {
		command += " --namespace=" + b.Namespace
	}
	return command
}

// bound asks the place's edge cluster whether the role of its request is bound.
func (a *app) bound(ctx context.Context, p *place) (bool, error) {
	principal, err := a.principalAt(ctx, p)
	if err != nil {
		return false, err
	}
	return a.clusterMinter().Bound(ctx, p.cluster.api, p.request, principal)
}

// principalAt is in whose name something is done in the place, which the audit log then has.
func (a *app) principalAt(ctx context.Context, p *place) (string, error) {
	target, err := p.request.Resolve(a.dirs, a.Getenv)
	if err != nil {
		return "", err
	}
	return a.principalOf(ctx, target)
}
