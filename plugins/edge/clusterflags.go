package edge

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// clusterFlags choose edge clusters of the chosen instances, instead of the instances themselves.
type clusterFlags struct {
	names     []string
	all       bool
	namespace string // of the EdgeClusters in the instance; "" is the default for names, and every one for all
	pairs     []namedCluster
}

// namedCluster is an edge cluster that was named together with its instance, as demo/berlin.
type namedCluster struct {
	instance instanceFlags
	cluster  string
}

// take has an argument such as demo/berlin stand for --name and --cluster.
func (f *clusterFlags) take(instance instanceFlags, argument, cluster string) error {
	if f.all || len(f.names) > 0 && !slices.Equal(f.names, []string{cluster}) {
		return fmt.Errorf("want either the argument %.80q, or --cluster and --all-clusters", argument)
	}
	if err := stackitid.ClusterName(cluster); err != nil {
		return err
	}
	f.names = nil
	f.pairs = append(f.pairs, namedCluster{instance, cluster})
	return nil
}

// at are the flags for one of the chosen instances.
func (f clusterFlags) at(instanceID string) clusterFlags {
	for _, pair := range f.pairs {
		if pair.instance.means(instanceID) && !slices.Contains(f.names, pair.cluster) {
			f.names = append(f.names[:len(f.names):len(f.names)], pair.cluster)
		}
	}
	f.pairs = nil
	return f
}

func (f *clusterFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.names, "cluster", nil,
		"edge cluster of the instance, such as berlin, instead of the instance itself; several with commas, or "+
			"repeated")
	fs.BoolVar(&f.all, "all-clusters", false, "all edge clusters of the instance, or of --all")
	addClusterNamespace(fs, &f.namespace)
}

func addClusterNamespace(fs *pflag.FlagSet, namespace *string) {
	fs.StringVar(namespace, "cluster-namespace", "", "namespace of the EdgeCluster in the instance (default: "+
		tokenrequest.DefaultNamespace+"; with --all-clusters all of them)")
}

// chosen reports whether edge clusters are meant.
func (f *clusterFlags) chosen() bool { return f.all || len(f.names)+len(f.pairs) > 0 }

// several reports whether there may be more than one edge cluster in an instance.
func (f *clusterFlags) several() bool { return f.all || len(f.names) > 1 || len(f.pairs) > 1 }

func (f *clusterFlags) validate() error {
	if f.all && len(f.names) > 0 {
		return errors.New("want one of --cluster and --all-clusters")
	}
	if !f.chosen() && f.namespace != "" {
		return errors.New("--cluster-namespace wants --cluster or --all-clusters")
	}
	for _, name := range f.names {
		if err := stackitid.ClusterName(name); err != nil {
			return err
		}
	}
	return checkClusterNamespace(f.namespace)
}

func checkClusterNamespace(namespace string) error {
	if namespace == "" {
		return nil
	}
	if err := stackitid.Namespace(namespace); err != nil {
		return fmt.Errorf("--cluster-namespace: %w", err)
	}
	return nil
}

// matches reports whether the request is for one of the edge clusters.
func (f *clusterFlags) matches(r tokenrequest.Request) bool {
	e := r.EdgeCluster.WithDefaults()
	switch {
	case e.Cluster == "":
		return false
	case f.all:
		return f.namespace == "" || f.namespace == e.ClusterNamespace
	}
	return slices.Contains(f.at(r.InstanceID).names, e.Cluster) && f.home() == e.ClusterNamespace
}

// home is the namespace of edge clusters that are named.
func (f *clusterFlags) home() string {
	return tokenrequest.EdgeCluster{Cluster: "-", ClusterNamespace: f.namespace}.WithDefaults().ClusterNamespace
}
