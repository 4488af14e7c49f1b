package edge

import (
	"context"
	"errors"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// fleetFlags choose any number of instances by their ids or names, or all of a project.
type fleetFlags struct {
	ids, names []string
	all        bool
}

func (f *fleetFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringSliceVarP(&f.ids, "instance-id", "i", nil,
		"id of the instance, such as demo-3714d85; several with commas, or repeated")
	fs.StringSliceVarP(&f.names, "name", "n", nil,
		"name of the instance, such as demo; several with commas, or repeated")
	fs.BoolVar(&f.all, "all", false, "all instances of the project in the region")
}

// each returns the flags of each single instance.
func (f *fleetFlags) each() []instanceFlags {
	var each []instanceFlags
	for _, id := range f.ids {
		each = append(each, instanceFlags{id: id})
	}
	for _, name := range f.names {
		each = append(each, instanceFlags{name: name})
	}
	return each
}

// several reports whether there may be more than one instance, so that the failure of one is not that of all.
func (f *fleetFlags) several() bool { return f.all || len(f.each()) > 1 }

func (f *fleetFlags) validate() error {
	each := f.each()
	switch {
	case f.all && len(each) > 0:
		return errors.New("want either --all, or --name and --instance-id")
	case !f.all && len(each) == 0:
		return hint.Wrap(errors.New("which instance? want --name, --instance-id or --all"),
			"kubectl edge instance list")
	}
	for _, which := range each {
		if err := which.validate(); err != nil {
			return err
		}
	}
	return nil
}

// get returns the chosen instances, each once. Of several, those that cannot be had are reported and counted.
func (f *fleetFlags) get(ctx context.Context, a *app, cloud edgeCloud) (instances []stackit.Instance,
	failed []string, err error) {
	if f.all {
		instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
		return instances, nil, err
	}
	each := f.each()
	found := make([]stackit.Instance, len(each))
	errs, err := plugin.Several(ctx, parallel, each, func(i int, which instanceFlags) (err error) {
		found[i], err = which.get(ctx, cloud)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if !f.several() {
		return found, nil, errs[0]
	}
	seen := map[string]bool{}
	for i, instance := range found {
		if errs[i] == nil && !seen[instance.Id] {
			seen[instance.Id] = true
			instances = append(instances, instance)
		}
	}
	a.Report(errs, a.verbose)
	return instances, plugin.Those(errs, each, instanceFlags.called), nil
}
