package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// current is what the current context of the kubeconfig is for, if it is one of kubectl edge. Like kubectl, commands
// that are about an instance work with it, where neither flags nor the environment name another.
type current struct {
	context string // its name; "" where the context is not one of kubectl edge
	tokenrequest.Request
}

// currentContext reads the kubeconfig once: a command that stays, such as one that keeps a file fresh, goes on with the
// instance that it began with, whatever context a person changes to meanwhile.
type currentContext struct {
	context, path string                 // the flags --context and --kubeconfig
	ends          func() context.Context // of the command that reads it, which Ctrl-C ends also at a silent pipe
	read          sync.Once
	found         current
	err           error
}

func (c *currentContext) get() (current, error) {
	c.read.Do(func() { c.found, c.err = readCurrent(c.ends(), c.path, c.context) })
	return c.found, c.err
}

func readCurrent(ctx context.Context, path, name string) (current, error) {
	config, err := kubeconfig.Load(ctx, path)
	if err != nil {
		if path == "" && name == "" { // nobody said that there is one
			return current{}, nil
		}
		return current{}, err
	}
	c := current{context: cmp.Or(name, config.CurrentContext)}
	var ours bool
	if of := config.Contexts[c.context]; of != nil {
		c.Request, ours = kubeconfig.RequestOf(user(config, of))
	} else if name != "" {
		return current{}, usageError{hint.Wrap(fmt.Errorf("no context %.200q in the kubeconfig", name),
			"kubectl config get-contexts")}
	}
	if ours {
		return c, nil
	}
	if name != "" {
		return current{}, usageError{hint.Wrap(fmt.Errorf("context %.200q is not one of kubectl edge", name),
			"kubectl edge use INSTANCE, or another --context")}
	}
	return current{}, nil
}

func user(config *api.Config, of *api.Context) *api.AuthInfo { return config.AuthInfos[of.AuthInfo] }

// fill puts what the context says into the gaps of a choice. A context of another profile says nothing, and one of
// another project says nothing of the region.
func (c current) fill(choice profile.Choice) profile.Choice {
	if c.context == "" || choice.Profile != "" && choice.Profile != c.Profile {
		return choice
	}
	choice.Profile = c.Profile
	if choice.ProjectID == "" || choice.ProjectID == c.ProjectID {
		choice.Region = cmp.Or(choice.Region, c.Region)
	}
	choice.ProjectID = cmp.Or(choice.ProjectID, c.ProjectID)
	return choice
}

// in reports whether the context is of an instance in the scope.
func (c current) in(s profile.Scope) bool {
	return c.context != "" && cmp.Or(c.Profile, s.Name) == s.Name &&
		kubeconfig.EdgeContext{Name: c.context, Request: c.Request}.In(s)
}

// currentScope is where a command about instances works: what flags and the environment leave open is the current
// context's, and then the profile's.
func (a *app) currentScope() (profile.Scope, error) {
	if err := a.checkPlace(); err != nil {
		return profile.Scope{}, err
	}
	c, err := a.current.get()
	if err != nil {
		return profile.Scope{}, err
	}
	choice := a.choice
	choice.Profile = cmp.Or(choice.Profile, a.Getenv(profile.NameVariable))
	choice = c.fill(choice)
	s, err := a.scopeOf(choice)
	if err != nil && c.context != "" && choice.Profile == c.Profile && a.choice.Profile == "" {
		return s, hint.Wrap(fmt.Errorf("context %q, which is the current one: %w", c.context, err),
			"choose another with --context, or a profile with --profile")
	}
	if err == nil && a.verbose {
		a.Note("using profile %s, project %s, region %s%s", s.Name, cmp.Or(s.ProjectID, "none"), s.Region,
			map[bool]string{true: ", of context " + hint.Printable(c.context)}[c.in(s)])
	}
	return s, err
}

// settle chooses the instance where no flag and no argument did: that of the current context, else the only one that
// there is, else what a person chooses on the terminal.
func (a *app) settle(ctx context.Context, f *instanceFlags, cloud edgeCloud) error {
	if *f != (instanceFlags{}) {
		return nil
	}
	c, err := a.current.get()
	if err != nil {
		return err
	}
	if c.in(cloud.Scope) {
		f.id = c.InstanceID
		a.Note("Using instance %s, of context %s.", f.id, hint.Printable(c.context))
		return nil
	}
	instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
	switch {
	case err != nil:
		return err
	case len(instances) == 1:
		f.id = instances[0].Id
		a.Note("Using instance %s (%s), the only one of project %s.", f.id, hint.Printable(instances[0].DisplayName),
			cloud.ProjectID)
		return nil
	case len(instances) == 0:
		return hint.Wrap(fmt.Errorf("no instances in project %s, region %s", cloud.ProjectID, cloud.Region),
			"kubectl edge use for another project, kubectl edge instance create --help for a first instance")
	case !picker.Possible(a.Process):
		return usageError{hint.Wrap(errors.New("which instance? want its name or id, --name or --instance-id"),
			"kubectl edge instance list")}
	}
	f.id, err = a.pickOf(ctx, instances)
	return err
}
