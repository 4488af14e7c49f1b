package edge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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

// none reports whether the flags leave the choice of an instance to the command.
func (f *fleetFlags) none() bool { return !f.all && len(f.each()) == 0 }

// add chooses one more instance.
func (f *fleetFlags) add(one instanceFlags) {
	if one.id != "" {
		f.ids = append(f.ids, one.id)
	} else {
		f.names = append(f.names, one.name)
	}
}

// take has arguments stand for --name and --instance-id, and those like demo/berlin for --cluster, too, where the
// command has that.
func (f *fleetFlags) take(args []string, clusters *clusterFlags) error {
	if len(args) == 0 {
		return nil
	}
	if f.all {
		return fmt.Errorf("want either --all, or the argument %.80q", args[0])
	}
	for _, flag := range f.each() {
		if !slices.ContainsFunc(args, flag.meantBy) {
			return fmt.Errorf("%s and the arguments mean different instances", flag.flag())
		}
	}
	*f = fleetFlags{}
	for _, arg := range args {
		instance, cluster, ofCluster := strings.Cut(arg, "/")
		if !ofCluster || clusters == nil {
			instance, ofCluster = arg, false
		}
		one, err := named(instance)
		if err != nil {
			return err
		}
		if ofCluster {
			if err := clusters.take(one, arg, cluster); err != nil {
				return err
			}
		}
		f.add(one)
	}
	if clusters != nil && len(clusters.pairs) > 0 && len(clusters.pairs) < len(args) {
		return errors.New("want either instances, or edge clusters such as demo/berlin, not both at once")
	}
	return nil
}

// meantBy reports whether an argument means the instance, or an edge cluster of it.
func (f instanceFlags) meantBy(argument string) bool {
	instance, _, _ := strings.Cut(argument, "/")
	one, err := named(instance)
	return err == nil && f.same(one)
}

// several reports whether there may be more than one instance, so that the failure of one is not that of all.
func (f *fleetFlags) several() bool { return f.all || len(f.each()) > 1 }

func (f *fleetFlags) validate() error {
	each := f.each()
	switch {
	case f.all && len(each) > 0:
		return errors.New("want either --all, or --name and --instance-id")
	case !f.all && len(each) == 0:
		return hint.Wrap(errors.New("which instance? want its name or id, or --all"), "kubectl edge instance list")
	}
	for _, which := range each {
		if err := which.validate(); err != nil {
			return err
		}
	}
	return nil
}

// validateAny is validate for a command that chooses an instance where none is named, see here.
func (f *fleetFlags) validateAny() error {
	if f.none() {
		return nil
	}
	return f.validate()
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
