package login

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// FlagSet is where methods put their flags: a *flag.FlagSet, or a *pflag.FlagSet.
type FlagSet interface {
	StringVar(p *string, name, value, usage string)
	BoolVar(p *bool, name string, value bool, usage string)
	IntVar(p *int, name string, value int, usage string)
}

// choice is what the flags say of one method.
type choice struct {
	chosen     func() []string // the flags that choose it and are set, such as "--browser"
	check      func() error    // nil where nothing can be wrong
	credential func(Interaction) Credential
}

// Options are the ways to log in, of which flags choose one.
type Options struct {
	choices []choice
	methods []method // of the choices
}

// NewOptions adds the flags of all methods to flags.
func NewOptions(flags FlagSet) *Options {
	o := &Options{}
	for _, m := range methods() {
		if m.flags != nil {
			o.choices = append(o.choices, m.flags(flags))
			o.methods = append(o.methods, m)
		}
	}
	return o
}

// without are the options when no flag is set.
func without() *Options { return NewOptions(flag.NewFlagSet("login", flag.ContinueOnError)) }

// Check reports whether the flags fit together.
func (o *Options) Check() error {
	var ways []string
	for _, c := range o.choices {
		ways = append(ways, c.chosen()...)
	}
	if len(ways) > 1 {
		return fmt.Errorf("want one way to log in, not %s", strings.Join(ways, " and "))
	}
	for _, c := range o.choices {
		if c.check == nil {
			continue
		}
		if err := c.check(); err != nil {
			return err
		}
	}
	return nil
}

// Credential returns what the flags choose, or nil if they choose nothing.
func (o *Options) Credential(i Interaction) Credential {
	for _, c := range o.choices {
		if len(c.chosen()) > 0 {
			return c.credential(i)
		}
	}
	return nil
}

// Detect returns what to log in with when no flag chooses: what works without anybody's doing, such as the STACKIT
// CLI's session, else the first way that takes a person. What the environment holds comes before both, and needs no
// login: see Environment. Without options no flag is set.
func (a *Account) Detect(ctx context.Context, o *Options, i Interaction) (Credential, error) {
	if o == nil {
		o = without()
	}
	for n, m := range o.methods {
		if m.found == nil {
			continue
		}
		if m.found(ctx, a) {
			return o.choices[n].credential(i), nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	if !i.Allowed {
		return nil, a.required(profile.Session{}, "nobody is logged in, and nobody can be asked here")
	}
	if c, ok := o.person("", i); ok {
		return c, nil
	}
	return nil, errors.New("there is no way for a person to log in")
}

// Interactive returns how a person logs in again who was logged in by this method, or false when that takes more than a
// person: a key, or the STACKIT CLI. Without a method it is the first way that takes a person.
func Interactive(method string, i Interaction) (Credential, bool) { return without().person(method, i) }

func (o *Options) person(method string, i Interaction) (Credential, bool) {
	for n, m := range o.methods {
		if m.person && (method == "" || m.name == method) {
			return o.choices[n].credential(i), true
		}
	}
	return nil, false
}
