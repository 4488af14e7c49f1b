package tokenrequest

import (
	"fmt"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
)

// Parse reads the arguments of a kubeconfig's exec section: --name=value or --name value, the last of a name counts. It reads
// them as pflag does, which the tests hold it against; pflag itself takes a process longer to start, since it brings in net,
// than the helper takes to answer.
func Parse(args []string) (Request, error) {
	var r Request
	for len(args) > 0 {
		name, isFlag := strings.CutPrefix(args[0], "--")
		if !isFlag || name == "" {
			return Request{}, fmt.Errorf("unexpected argument %.80q", args[0])
		}
		args = args[1:]
		name, value, found := strings.Cut(name, "=")
		field := r.field(name)
		if field == nil && name != "expiration" {
			return Request{}, fmt.Errorf("unknown flag: --%.80s", name)
		}
		if !found {
			if len(args) == 0 {
				return Request{}, fmt.Errorf("flag needs an argument: --%s", name)
			}
			value, args = args[0], args[1:]
		}
		if field != nil {
			*field = value
		} else if err := (*expiration.Flag)(&r.Expiration).Set(value); err != nil {
			return Request{}, fmt.Errorf("invalid argument %.80q for \"--expiration\" flag: %w", value, err)
		}
	}
	return r, nil
}

// field returns where the value of the flag of that name belongs, if it is one that takes any text.
func (r *Request) field(name string) *string {
	switch name {
	case "project-id":
		return &r.ProjectID
	case "region":
		return &r.Region
	case "instance-id":
		return &r.InstanceID
	case "profile":
		return &r.Profile
	}
	return nil
}
