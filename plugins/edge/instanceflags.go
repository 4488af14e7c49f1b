package edge

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/picker"
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
		return errWhich()
	case f.id != "" && f.name != "":
		return fmt.Errorf("want one of --name %.80q and --instance-id %.80q", f.name, f.id)
	case f.id != "":
		return stackitid.InstanceID(f.id)
	default:
		return stackitid.DisplayName(f.name)
	}
}

// named is the instance that an argument means: its name or its id. No id is as short as a name may be.
func named(argument string) (instanceFlags, error) {
	instance, cluster, isCluster := strings.Cut(argument, "/")
	if isCluster && stackitid.ClusterName(cluster) == nil {
		if of, err := named(instance); err == nil {
			return of, hint.Wrap(fmt.Errorf("%.80q is an edge cluster, want an instance", argument),
				"name the instance alone: %s", instance)
		}
	}
	switch {
	case stackitid.DisplayName(argument) == nil:
		return instanceFlags{name: argument}, nil
	case stackitid.InstanceID(argument) == nil:
		return instanceFlags{id: argument}, nil
	}
	if strings.Contains(argument, "-") { // as every id does
		return instanceFlags{}, stackitid.InstanceID(argument)
	}
	return instanceFlags{}, stackitid.DisplayName(argument)
}

// same reports whether both can mean one instance.
func (f instanceFlags) same(other instanceFlags) bool {
	switch {
	case f.id != "" && other.id != "":
		return f.id == other.id
	case f.id != "":
		return stackitid.NameOf(f.id) == other.name
	case other.id != "":
		return stackitid.NameOf(other.id) == f.name
	}
	return f.name == other.name
}

// isOf reports whether f names the instance.
func (f instanceFlags) isOf(i stackit.Instance) bool {
	return f.id == i.Id || f.name != "" && f.name == i.DisplayName
}

// means reports whether f means the instance that has this id.
func (f instanceFlags) means(id string) bool { return f.same(instanceFlags{id: id}) }

// take has an argument stand for --name or --instance-id, and validates.
func (f *instanceFlags) take(args []string) error {
	if len(args) == 0 {
		return f.validate()
	}
	one, err := named(args[0])
	if err != nil {
		return err
	}
	if *f == (instanceFlags{}) {
		*f = one
		return nil
	}
	if err := f.validate(); err != nil {
		return err
	}
	if !f.same(one) {
		return fmt.Errorf("the argument %.80q and %s mean different instances", args[0], f.flag())
	}
	f.id, f.name = cmp.Or(f.id, one.id), "" // the id says more
	if f.id == "" {
		*f = one
	}
	return nil
}

// flag is the flag as a person has given it.
func (f instanceFlags) flag() string {
	if f.id != "" {
		return fmt.Sprintf("--instance-id %.80q", f.id)
	}
	return fmt.Sprintf("--name %.80q", f.name)
}

// takeAny is take for a command that works with the current instance where none is named, see settle.
func (f *instanceFlags) takeAny(args []string) error {
	if len(args) == 0 && *f == (instanceFlags{}) {
		return nil
	}
	return f.take(args)
}

// takeOrPick is take for a command that lets a person choose where no instance is named, see pick.
func (f *instanceFlags) takeOrPick(a *app, args []string) error {
	if picker.Possible(a.Process) {
		return f.takeAny(args)
	}
	return f.take(args)
}

func (f *instanceFlags) get(ctx context.Context, cloud edgeCloud) (instance stackit.Instance, err error) {
	if f.id != "" {
		instance, err = cloud.Instance(ctx, cloud.ProjectID, cloud.Region, f.id)
	} else {
		instance, err = cloud.InstanceByName(ctx, cloud.ProjectID, cloud.Region, f.name)
	}
	if stackit.IsGone(err) {
		err = cloud.suggest(ctx, *f, err)
	}
	return instance, err
}

// suggest asks which instances somebody may have meant who named one that is not there.
func (c edgeCloud) suggest(ctx context.Context, f instanceFlags, err error) error {
	instances, failed := c.Instances(ctx, c.ProjectID, c.Region)
	if failed != nil {
		return err
	}
	return f.suggest(err, instances)
}

// suggest names those of the instances that somebody may have meant by f, which is none of them.
func (f instanceFlags) suggest(err error, instances []stackit.Instance) error {
	var ids, names []string
	for _, i := range instances {
		ids, names = append(ids, i.Id), append(names, i.DisplayName)
	}
	// A half id may be one that a name could be, such as demo-371.
	for _, word := range []string{f.called(), stackitid.NameOf(f.id)} {
		for _, known := range [][]string{names, ids} {
			if hint.Alike(word, known) != nil {
				return hint.Among(err, "", word, known)
			}
		}
	}
	return err
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
