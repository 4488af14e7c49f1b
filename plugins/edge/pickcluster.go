package edge

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// oneCluster is the only edge cluster of those that an instance has, or what a person chooses of them on the terminal.
func (a *app) oneCluster(ctx context.Context, found []*managedCluster) (*managedCluster, error) {
	switch {
	case len(found) == 0:
		return nil, plugin.WithCode(exitError, plugin.ErrSilent) // it has been said
	case len(found) == 1:
		a.Note("Edge cluster %s, the only one of instance %s.", found[0].Name, found[0].instance.Id)
		return found[0], nil
	case !picker.Possible(a.Process):
		var names []string
		for _, c := range found {
			names = append(names, c.Name)
		}
		return nil, usageError{hint.Wrap(fmt.Errorf("which edge cluster? instance %s has %d: %s", found[0].instance.Id,
			len(found), strings.Join(names, ", ")), "--cluster NAME; see kubectl edge cluster list")}
	}
	list := picker.List{Title: "Edge cluster", Columns: []string{"NAME", "NAMESPACE", "READY", "KUBERNETES", "NODES"}}
	for _, c := range found {
		list.Rows = append(list.Rows, picker.Row{Cells: []string{c.Name, c.Namespace, readiness(c.Ready), c.Kubernetes,
			strconv.Itoa(c.Nodes)}})
	}
	i, err := picker.Choose(ctx, a.Process, list)
	if err != nil {
		return nil, err
	}
	return found[i], nil
}

// profileNamed is the profile of the argument, or what a person chooses on the terminal. Why one cannot be chosen says
// closed, or "".
func (a *app) profileNamed(ctx context.Context, args []string, closed func(namedProfile) string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	if !picker.Possible(a.Process) {
		return "", usageError{hint.Wrap(errors.New("which profile? want its name"), "kubectl edge profile list")}
	}
	profiles, err := a.profiles()
	if err != nil {
		return "", err
	}
	list := picker.List{Title: "Profile", Columns: []string{"NAME", "PROJECT", "REGION", "LOGGED IN AS"}}
	for i, p := range profiles {
		if p.Current {
			list.At = i
		}
		list.Rows = append(list.Rows, picker.Row{Cells: []string{p.Name, p.ProjectID, p.Region, p.Principal},
			Unusable: closed(p)})
	}
	i, err := picker.Choose(ctx, a.Process, list)
	if err != nil {
		return "", err
	}
	return profiles[i].Name, nil
}
