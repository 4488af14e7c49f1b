package fleet

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// Where an object of several clusters is from stands in its annotations, as its namespace stands in it. What is no
// object, as what kubectl version prints, has it as fields.
const (
	instanceAnnotation = "kubectl-edge/instance"
	clusterAnnotation  = "kubectl-edge/cluster"
)

// SetOrigin says in an object which instance it is from, and which edge cluster if that is not "".
func SetOrigin(object map[string]any, instance, cluster string) {
	o := unstructured.Unstructured{Object: object}
	if o.GetKind() == "" || o.GetAPIVersion() == "" {
		object["instance"] = instance
		if cluster != "" {
			object["cluster"] = cluster
		}
		return
	}
	annotations := o.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[instanceAnnotation] = instance
	delete(annotations, clusterAnnotation)
	if cluster != "" {
		annotations[clusterAnnotation] = cluster
	}
	o.SetAnnotations(annotations)
}
