package edge

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
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
	unread        error // why the kubeconfig of nobody's choice says nothing
	warned        bool  // about that
}

func (c *currentContext) get() (current, error) {
	c.read.Do(func() {
		c.found, c.err = readCurrent(c.ends(), c.path, c.context)
		if c.err != nil && c.path == "" && c.context == "" { // nobody said that there is one
			c.unread, c.err = c.err, nil
		}
	})
	return c.found, c.err
}

func readCurrent(ctx context.Context, path, name string) (current, error) {
	config, err := kubeconfig.Load(ctx, path)
	if err != nil {
		return current{}, err
	}
	c := current{context: cmp.Or(name, config.CurrentContext)}
	var ours bool
	if of := config.Contexts[c.context]; of != nil {
		c.Request, ours = kubeconfig.RequestOf(user(config, of))
	} else if name != "" {
		return current{}, usageError{noContext(config, name)}
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

// noContext is the error for a context that is not in the kubeconfig.
func noContext(config *api.Config, name string) error {
	err := hint.Wrap(fmt.Errorf("no context %.200q in the kubeconfig", name), "kubectl config get-contexts")
	return hint.Among(err, "", name, slices.Collect(maps.Keys(config.Contexts)))
}

func user(config *api.Config, of *api.Context) *api.AuthInfo { return config.AuthInfos[of.AuthInfo] }

// fill puts what the context says into the gaps of a choice. A context of another profile says nothing, and one of
// another project says nothing of the region.
func (c current) fill(choice profile.Choice) profile.Choice {
	if c.context == "" || choice.Profile != "" && choice.Profile != c.Profile {
		return choice
	}
	choice.Profile = c.Profile
	if choice.ProjectID == "" || strings.EqualFold(choice.ProjectID, c.ProjectID) {
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

// isOf reports whether the context is of this instance in the scope, or of an edge cluster of it.
func (c current) isOf(s profile.Scope, instanceID string) bool {
	return c.in(s) && c.InstanceID == instanceID
}

// workplace is where the next command works, and where each part of that comes from.
type workplace struct {
	profile.Scope
	current // of an instance in the scope; else it has no name
	origins
	choseProject bool // the context did, rather than a flag, the environment or the profile
}

// origins say where the parts of a workplace come from: "flag", "environment NAME", "context NAME", "profile NAME", or
// "default".
type origins struct{ profile, project, region string }

// workplace finds where a command about instances works: what flags and the environment leave open is the current
// context's, and then the profile's.
func (a *app) workplace() (workplace, error) {
	if err := a.checkPlace(); err != nil {
		return workplace{}, err
	}
	c, err := a.current.get()
	if err != nil {
		return workplace{}, err
	}
	a.warnOfUnread()
	variable := a.Getenv(profile.NameVariable)
	asked := a.choice
	asked.Profile = cmp.Or(asked.Profile, variable)
	choice := c.fill(asked)
	s, err := a.scopeOf(choice)
	if err != nil {
		if c.context != "" && choice.Profile == c.Profile && a.choice.Profile == "" {
			err = hint.Wrap(fmt.Errorf("context %q, which is the current one: %w", c.context, err),
				"choose another with --context, or a profile with --profile")
		}
		return workplace{Scope: s}, err
	}
	w := workplace{Scope: s, origins: origins{
		profile: origin(a.choice.Profile, "flag", variable, "environment "+profile.NameVariable,
			choice.Profile, "context "+c.context, s.Config.CurrentProfile, "configuration"),
		project: origin(asked.ProjectID, "flag", choice.ProjectID, "context "+c.context,
			s.Settings.ProjectID, "profile "+s.Name),
		region: origin(asked.Region, "flag", choice.Region, "context "+c.context,
			s.Settings.Region, "profile "+s.Name),
	}}
	w.choseProject = asked.ProjectID == "" && choice.ProjectID != ""
	if c.in(s) {
		w.current = c
	}
	return w, nil
}

// warnOfUnread says once that a current context does not count, because the kubeconfig cannot be read: the command may
// work in another project than a person thinks.
func (a *app) warnOfUnread() {
	if c := a.current; c.unread != nil && !c.warned {
		c.warned = true
		a.Warn("%v; so no current context counts", c.unread)
	}
}

// origin is the name of the first value that there is. It takes each value with its name behind it.
func origin(valuesAndNames ...string) string {
	for i := 0; i < len(valuesAndNames); i += 2 {
		if valuesAndNames[i] != "" {
			return valuesAndNames[i+1]
		}
	}
	return "default"
}

// currentScope is the scope of the workplace. With --verbose it says where that comes from.
func (a *app) currentScope() (profile.Scope, error) {
	w, err := a.workplace()
	if err == nil && a.verbose {
		project := "no project"
		if w.ProjectID != "" {
			project = fmt.Sprintf("project %s (%s)", w.ProjectID, w.origins.project)
		}
		a.Note("using profile %s (%s), %s, region %s (%s)", w.Name, hint.Printable(w.origins.profile),
			hint.Printable(project), w.Scope.Region, hint.Printable(w.origins.region))
	}
	return w.Scope, err
}
