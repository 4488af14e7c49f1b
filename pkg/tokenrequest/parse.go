package tokenrequest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// Flag is one of the flags of a request.
type Flag struct {
	Name, Help string
	Value      interface { // a pflag.Value
		String() string
		Set(string) error
		Type() string
	}
}

type text string

func (t *text) String() string     { return string(*t) }
func (t *text) Set(s string) error { *t = text(s); return nil }
func (t *text) Type() string       { return "string" }

// Flags returns the flags that set r, in the order of help texts.
func (r *Request) Flags() []Flag {
	const all = 13 // with room for them, a hit takes three pages less
	return r.EdgeCluster.appendFlags(append(make([]Flag, 0, all),
		Flag{"project-id", "UUID of the STACKIT project", (*text)(&r.ProjectID)},
		Flag{"region", "region of the instance (default: the profile's, else " + profile.DefaultRegion + ")",
			(*text)(&r.Region)},
		Flag{"instance-id", "id of the Edge Cloud instance, such as demo-3714d85", (*text)(&r.InstanceID)},
		Flag{"profile", "profile of kubectl edge to use", (*text)(&r.Profile)},
		Flag{"expiration", "how long what is minted is valid, such as 15m, 2h or 1d (default: the profile's, else " +
			"15m, or 1h for an edge cluster)", (*expiration.Flag)(&r.Expiration)},
	))
}

// Errors of Parse that are wishes.
var (
	ErrHelp    = errors.New("help was asked for")
	ErrVersion = errors.New("the version was asked for")
)

// Parse reads the arguments of a kubeconfig's exec section: --name=value or --name value, the last of a name counts. It
// reads them as pflag does, which the tests hold it against; pflag itself takes a process longer to start, since it
// brings in net, than the helper takes to answer.
func Parse(args []string) (Request, error) {
	var r Request
	flags := r.Flags()
	for len(args) > 0 {
		switch args[0] {
		case "--help", "-h":
			return Request{}, ErrHelp
		case "--version":
			return Request{}, ErrVersion
		}
		name, isFlag := strings.CutPrefix(args[0], "--")
		if !isFlag || name == "" {
			return Request{}, fmt.Errorf("unexpected argument %.80q", args[0])
		}
		args = args[1:]
		name, value, found := strings.Cut(name, "=")
		i := slices.IndexFunc(flags, func(f Flag) bool { return f.Name == name })
		if i < 0 {
			return Request{}, fmt.Errorf("unknown flag: --%.80s", name)
		}
		if !found {
			if len(args) == 0 {
				return Request{}, fmt.Errorf("flag needs an argument: --%s", name)
			}
			value, args = args[0], args[1:]
		}
		if err := flags[i].Value.Set(value); err != nil {
			return Request{}, fmt.Errorf("invalid argument %.80q for \"--%s\" flag: %w", value, name, err)
		}
	}
	return r, nil
}
