package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
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
// project, where the flags name none. It completes the flags then, and says which instance it is.
func (a *app) here(ctx context.Context, which *fleetFlags, path string) (edgeCloud, error) {
	if !which.none() {
		return a.projectCloud(ctx)
	}
	if request, ok := a.currentRequest(path); ok {
		s, err := a.scopeOf(profile.Choice{Profile: request.Profile, ProjectID: request.ProjectID,
			Region: request.Region})
		if err != nil {
			return edgeCloud{}, err
		}
		if err := s.NeedProject(); err != nil {
			return edgeCloud{}, err
		}
		which.ids = []string{request.InstanceID}
		return a.cloud(ctx, s)
	}
	cloud, err := a.projectCloud(ctx)
	if err != nil {
		return edgeCloud{}, err
	}
	instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
	if err != nil {
		return edgeCloud{}, err
	}
	if len(instances) != 1 {
		return edgeCloud{}, usageError{hint.Wrap(
			fmt.Errorf("which instance? project %s has %d in region %s", cloud.ProjectID, len(instances),
				cloud.Region),
			"want --name, --instance-id or --all; see kubectl edge instance list")}
	}
	a.Note("Instance %s, the only one of project %s in %s.", instances[0].Id, cloud.ProjectID, cloud.Region)
	which.ids = []string{instances[0].Id}
	return cloud, nil
}

// currentRequest is what the current context of the kubeconfig asks the helper for, if it is one of kubectl edge and flags and
// environment want nothing else. A kubeconfig that cannot be read is not asked.
func (a *app) currentRequest(path string) (tokenrequest.Request, bool) {
	config, err := kubeconfig.Load(path)
	if err != nil {
		return tokenrequest.Request{}, false
	}
	entry := config.Contexts[config.CurrentContext]
	if entry == nil {
		return tokenrequest.Request{}, false
	}
	request, ok := kubeconfig.RequestOf(config.AuthInfos[entry.AuthInfo])
	if !ok || request.InstanceID == "" {
		return tokenrequest.Request{}, false
	}
	wanted := cmp.Or(a.choice.Profile, a.Getenv(profile.NameVariable))
	if wanted != "" && request.Profile != "" && wanted != request.Profile ||
		a.choice.ProjectID != "" && !strings.EqualFold(a.choice.ProjectID, request.ProjectID) ||
		a.choice.Region != "" && a.choice.Region != cmp.Or(request.Region, profile.DefaultRegion) {
		return tokenrequest.Request{}, false
	}
	request.Profile = cmp.Or(request.Profile, a.choice.Profile)
	return request, true
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
