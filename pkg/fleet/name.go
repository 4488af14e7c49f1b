package fleet

import (
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// Name is how a person calls a cluster: an instance, or an edge cluster of one.
type Name struct {
	Instance string
	Cluster  string // "" for the instance itself
	context  bool   // Instance is the name of a context, which says all
}

// NameOf is the name of what a request is for, whatever else there is.
func NameOf(r tokenrequest.Request) Name {
	return Name{Instance: stackitid.NameOf(r.InstanceID), Cluster: r.Cluster}
}

// String is the name as arguments have it: demo, or demo/berlin.
func (n Name) String() string {
	if n.Cluster == "" || n.context {
		return n.Instance
	}
	return n.Instance + "/" + n.Cluster
}

// ByContext reports whether it is the name of a context, because several lead to the cluster.
func (n Name) ByContext() bool { return n.context }

// Names are those of contexts, so that they differ: with the ids of their instances where names are the same, and with
// the names of the contexts where several are of the same cluster. Others keep theirs: one edge cluster with two roles
// is no reason to call all others by what nobody says.
func Names(contexts []kubeconfig.EdgeContext) []Name {
	ids := map[string]string{} // by name
	clash := map[string]bool{}
	for _, c := range contexts {
		name, id := NameOf(c.Request).Instance, c.Request.InstanceID
		if other, seen := ids[name]; seen && other != id {
			clash[name] = true
		}
		ids[name] = id
	}
	names, count := make([]Name, len(contexts)), map[Name]int{}
	for i, c := range contexts {
		names[i] = NameOf(c.Request)
		if clash[names[i].Instance] {
			names[i].Instance = c.Request.InstanceID
		}
		count[names[i]]++
	}
	for i, c := range contexts {
		if count[names[i]] > 1 {
			names[i].Instance, names[i].context = c.Name, true
		}
	}
	return names
}
