package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// instanceFlags choose an instance by its id or its name.
type instanceFlags struct{ id, name string }

func (f *instanceFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVarP(&f.id, "instance-id", "i", "", "id of the instance, such as demo-3714d85")
	fs.StringVarP(&f.name, "name", "n", "", "name of the instance, such as demo")
}

// called is how a person has named the instance.
func (f instanceFlags) called() string { return cmp.Or(f.id, f.name) }

func (f *instanceFlags) validate() error {
	switch {
	case f.id == "" && f.name == "":
		return hint.Wrap(errors.New("which instance? want --name or --instance-id"), "kubectl edge instance list")
	case f.id != "" && f.name != "":
		return fmt.Errorf("want one of --name %.80q and --instance-id %.80q", f.name, f.id)
	case f.id != "":
		return stackitid.InstanceID(f.id)
	default:
		return stackitid.DisplayName(f.name)
	}
}

// take has an argument stand for --name or --instance-id, and validates. Every id has a hyphen; a name that has one
// takes the flag.
func (f *instanceFlags) take(args []string) error {
	if len(args) == 1 {
		if *f != (instanceFlags{}) {
			return fmt.Errorf("want one of the argument %.80q, --instance-id and --name", args[0])
		}
		if !strings.Contains(args[0], "-") {
			f.name = args[0]
		} else {
			f.id = args[0]
		}
	}
	return f.validate()
}

// takeAny is take for a command that works with the current instance where none is named, see settle.
func (f *instanceFlags) takeAny(args []string) error {
	if len(args) == 0 && *f == (instanceFlags{}) {
		return nil
	}
	return f.take(args)
}

func (f *instanceFlags) get(ctx context.Context, cloud edgeCloud) (stackit.Instance, error) {
	if f.id != "" {
		return cloud.Instance(ctx, cloud.ProjectID, cloud.Region, f.id)
	}
	return cloud.InstanceByName(ctx, cloud.ProjectID, cloud.Region, f.name)
}

// awaitActive waits until instance is active, and says so.
func (a *app) awaitActive(ctx context.Context, cloud edgeCloud, instance stackit.Instance) (stackit.Instance, error) {
	if instance.Status == stackit.StatusActive {
		return instance, nil
	}
	p := a.Progress("waiting for instance " + instance.Id)
	defer p.End()
	return cloud.WaitActive(ctx, cloud.ProjectID, cloud.Region, instance.Id,
		func(i stackit.Instance) { p.Say(i.Status) })
}

// waiting is the cloud for a command that waits for the credentials of one instance, and says so. It is to be called at
// the end.
func (a *app) waiting(cloud edgeCloud, id string, f patienceFlags) (patient edgeCloud, end func()) {
	p := a.Progress("waiting for instance " + id)
	return f.patient(cloud, p, func(i stackit.Instance) { p.Say(i.Status) }), p.End
}

func describe(out io.Writer, i stackit.Instance) error {
	w := printers.GetNewTabWriter(out)
	for _, field := range [][2]string{
		{"ID", i.Id}, {"Name", i.DisplayName}, {"Description", i.GetDescription()}, {"State", i.Status},
		{"Created", i.Created.Format(time.RFC3339)}, {"UI", i.FrontendUrl}, {"Plan", i.PlanId},
	} {
		fmt.Fprintf(w, "%s:\t%s\n", field[0], hint.Printable(field[1]))
	}
	return w.Flush()
}
