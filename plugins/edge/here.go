package edge

import (
	"context"
	"errors"
	"strings"
)

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

// here is the cloud for a command that works with the instance of the current context, or with the only one of the
// project, where the flags name none. It completes the flags then, see settle.
func (a *app) here(ctx context.Context, which *fleetFlags) (edgeCloud, error) {
	cloud, err := a.projectCloud(ctx)
	if err != nil || !which.none() {
		return cloud, err
	}
	var one instanceFlags
	if err := a.settle(ctx, &one, cloud); err != nil {
		return edgeCloud{}, err
	}
	which.add(one)
	return cloud, nil
}

// splitCluster reads INSTANCE/CLUSTER, or CLUSTER alone.
func splitCluster(argument string) (instance, cluster string, err error) {
	before, after, found := strings.Cut(argument, "/")
	if !found {
		return "", argument, nil
	}
	if before == "" || after == "" || strings.Contains(after, "/") {
		return "", "", errors.New("want INSTANCE/CLUSTER, such as demo/berlin")
	}
	return before, after, nil
}
