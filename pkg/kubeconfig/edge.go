package kubeconfig

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// EdgeContext is a context whose user calls our helper.
type EdgeContext struct {
	Name    string
	Request tokenrequest.Request // as it stands in the file, without what the profile would add
}

// EdgeContexts returns the contexts of config whose users call our helper, sorted by name.
func EdgeContexts(config *api.Config) []EdgeContext {
	var contexts []EdgeContext
	for _, name := range slices.Sorted(maps.Keys(config.Contexts)) {
		if request, ok := RequestOf(config.AuthInfos[config.Contexts[name].AuthInfo]); ok {
			contexts = append(contexts, EdgeContext{name, request})
		}
	}
	return contexts
}

// RequestOf returns what user asks our helper for, and whether it is a user that does. A profile may also be named by
// the variable that the entry sets for it.
func RequestOf(user *api.AuthInfo) (tokenrequest.Request, bool) {
	if user == nil || user.Exec == nil {
		return tokenrequest.Request{}, false
	}
	request, ok := tokenrequest.FromExec(user.Exec.Command, user.Exec.Args)
	if !ok || request.Profile != "" {
		return request, ok
	}
	for _, variable := range user.Exec.Env {
		if variable.Name == profile.NameVariable {
			request.Profile = variable.Value
		}
	}
	call, _ := tokenrequest.FindCall(user.Exec.Command, user.Exec.Args)
	for _, assignment := range call.Env {
		if name, value, _ := strings.Cut(assignment, "="); name == profile.NameVariable {
			request.Profile = value
		}
	}
	return request, request.Check() == nil
}

// In reports whether the context is of an instance in the scope's project and region. What it leaves to its profile is
// known if that is the scope's.
func (c EdgeContext) In(s profile.Scope) bool {
	r := c.Request
	if r.Profile == "" || r.Profile == s.Name {
		r.ProjectID, r.Region = cmp.Or(r.ProjectID, s.Settings.ProjectID), cmp.Or(r.Region, s.Settings.Region)
	}
	return samePlace(r, tokenrequest.Request{ProjectID: s.ProjectID, Region: s.Region})
}

func samePlace(a, b tokenrequest.Request) bool {
	return strings.EqualFold(a.ProjectID, b.ProjectID) &&
		cmp.Or(a.Region, profile.DefaultRegion) == cmp.Or(b.Region, profile.DefaultRegion)
}

// IsFor reports whether user gets its credentials by a request for the same instance, or the same edge cluster of it.
func IsFor(user *api.AuthInfo, request tokenrequest.Request) bool {
	other, ok := RequestOf(user)
	if !ok || other.InstanceID != request.InstanceID || !samePlace(other, request) {
		return false
	}
	a, b := other.EdgeCluster.WithDefaults(), request.EdgeCluster.WithDefaults()
	return a.Cluster == b.Cluster && a.ClusterNamespace == b.ClusterNamespace
}

// SameServer compares the URLs of API servers.
func SameServer(a, b string) bool {
	x, err1 := url.Parse(a)
	y, err2 := url.Parse(b)
	if err1 != nil || err2 != nil {
		return false
	}
	port := func(u *url.URL) string { return cmp.Or(u.Port(), "443") }
	return x.Scheme == "https" && y.Scheme == "https" && strings.EqualFold(x.Hostname(), y.Hostname()) &&
		port(x) == port(y) &&
		strings.TrimRight(x.Path, "/") == strings.TrimRight(y.Path, "/")
}
