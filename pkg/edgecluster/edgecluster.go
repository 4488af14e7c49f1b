// Package edgecluster knows the edge clusters of an instance: the Kubernetes clusters that it manages, each described
// by an EdgeCluster of edge.stackit.cloud, with its administrator's credentials in two secrets beside it.
package edgecluster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
)

const (
	group   = "edge.stackit.cloud"
	version = "v1alpha1"
	// resource is that of EdgeClusters.
	resource = "edgeclusters"
	// readyCondition says whether a cluster can be used; its credentials are there when it does.
	readyCondition = "ClusterReady"
)

// Cluster is an edge cluster as its instance describes it.
type Cluster struct {
	Name       string    `json:"cluster"`
	Namespace  string    `json:"clusterNamespace"`
	UID        string    `json:"uid"`
	Ready      bool      `json:"ready"`
	Reason     string    `json:"reason,omitempty"`     // why it is not ready, or that it is, as the instance says
	Kubernetes string    `json:"kubernetes,omitempty"` // version
	Talos      string    `json:"talos,omitempty"`      // version
	Nodes      int       `json:"nodes"`
	Created    time.Time `json:"creationTimestamp"`
	// Deleting is that somebody has asked for its deletion.
	Deleting   bool        `json:"deleting,omitempty"`
	Conditions []Condition `json:"conditions,omitempty"`
	Members    []Node      `json:"members,omitempty"`
	// BreakGlass says to whom the administrator's own credential was handed out, and when: see Mark.
	BreakGlass []string `json:"breakGlass,omitempty"`
}

// Condition is what the instance says of one aspect of a cluster.
type Condition struct {
	Type    string    `json:"type"`
	Status  string    `json:"status"`
	Reason  string    `json:"reason,omitempty"`
	Message string    `json:"message,omitempty"`
	Since   time.Time `json:"lastTransitionTime,omitzero"`
}

// Node is a machine that is, or is to be, part of a cluster.
type Node struct {
	Host string `json:"host"` // name of the EdgeHost
	Role string `json:"role"` // controlplane or worker
}

// object is what is read of an EdgeCluster. The rest of its schema is not public, and neither is the certainty of this:
// what is of another form is not known, and does not hide the cluster.
type object struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     json.RawMessage   `json:"spec"`
	Status   json.RawMessage   `json:"status"`
}

func (o object) cluster() Cluster {
	c := Cluster{
		Name: o.Metadata.Name, Namespace: o.Metadata.Namespace, UID: string(o.Metadata.UID),
		Created: o.Metadata.CreationTimestamp.Time, Deleting: o.Metadata.DeletionTimestamp != nil,
		BreakGlass: marks(o.Metadata.Annotations),
	}
	var spec struct {
		Talos json.RawMessage   `json:"talos"`
		Nodes []json.RawMessage `json:"nodes"`
	}
	var talos struct {
		Version    string `json:"version"`
		Kubernetes struct {
			Version string `json:"version"`
		} `json:"kubernetes"`
	}
	_, _ = json.Unmarshal(o.Spec, &spec), json.Unmarshal(spec.Talos, &talos)
	c.Kubernetes, c.Talos, c.Nodes = talos.Kubernetes.Version, talos.Version, len(spec.Nodes)
	for _, raw := range spec.Nodes {
		var node struct{ EdgeHost, Role string }
		_ = json.Unmarshal(raw, &node)
		c.Members = append(c.Members, Node{Host: node.EdgeHost, Role: node.Role})
	}
	var status struct {
		Conditions []json.RawMessage `json:"conditions"`
	}
	_ = json.Unmarshal(o.Status, &status)
	for _, raw := range status.Conditions {
		var condition struct {
			Type, Status, Reason, Message string
			LastTransitionTime            time.Time
		}
		_ = json.Unmarshal(raw, &condition) // as far as it goes
		c.Conditions = append(c.Conditions, Condition{Type: condition.Type, Status: condition.Status,
			Reason: condition.Reason, Message: condition.Message, Since: condition.LastTransitionTime})
		if condition.Type == readyCondition {
			c.Ready = condition.Status == "True"
			c.Reason = cmp.Or(condition.Message, condition.Reason)
		}
	}
	return c
}

func path(namespace string, name ...string) []string {
	segments := []string{"apis", group, version}
	if namespace != "" {
		segments = append(segments, "namespaces", namespace)
	}
	return append(append(segments, resource), name...)
}

// List returns the clusters of the instance whose API server config leads to, in one namespace, or in all if that is
// "". They are in the order of the API: by namespace and name.
func List(ctx context.Context, config *rest.Config, namespace string) ([]Cluster, error) {
	client, err := kubeapi.ForConfig(config)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	clusters := []Cluster{}
	call := kubeapi.Call{Method: http.MethodGet, Path: path(namespace)}
	err = kubeapi.List(ctx, client, call, func(items []object) bool {
		for _, item := range items {
			clusters = append(clusters, item.cluster())
		}
		return true
	})
	if err != nil {
		err = fmt.Errorf("list the edge clusters: %w", explain(err))
		if apierrors.IsForbidden(err) {
			return nil, hint.Wrap(err, "ask an administrator of the instance for the right to list edgeclusters.%s; "+
				"with --cluster NAME the right to get that one is enough", group)
		}
		return nil, err
	}
	return clusters, nil
}

// explain names what an instance says about all of its edge clusters.
func explain(err error) error {
	if apierrors.IsNotFound(err) {
		return hint.Wrap(fmt.Errorf("the instance does not have EdgeClusters of %s/%s: %w", group, version, err),
			"kubectl api-resources --api-group=%s shows what it has", group)
	}
	return err
}

// NotFoundError is that the instance has no edge cluster of the name.
type NotFoundError struct{ Namespace, Name string }

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("the instance has no edge cluster %q in namespace %q", e.Name, e.Namespace)
}

// Get returns the cluster of the name. The error is a NotFoundError, with a hint, where there is none.
func Get(ctx context.Context, config *rest.Config, namespace, name string) (Cluster, error) {
	client, err := kubeapi.ForConfig(config)
	if err != nil {
		return Cluster{}, err
	}
	defer client.Close()
	return get(ctx, client, namespace, name)
}

func get(ctx context.Context, client *kubeapi.Client, namespace, name string) (Cluster, error) {
	var o object
	_, err := client.Do(ctx, kubeapi.Call{Method: http.MethodGet, Path: path(namespace, name)}, &o)
	switch {
	case kubeapi.Missing(err):
		return Cluster{}, hint.Wrap(&NotFoundError{namespace, name}, "kubectl edge cluster list")
	case err != nil:
		err = fmt.Errorf("look for edge cluster %q: %w", name, explain(err))
		if apierrors.IsForbidden(err) {
			return Cluster{}, hint.Wrap(err, "ask an administrator of the instance for the right to get "+
				"edgeclusters.%s %s in namespace %s", group, name, namespace)
		}
		return Cluster{}, err
	}
	return o.cluster(), nil
}

// secret returns a value of one of the cluster's secrets. An administrator of the instance may take away the right to
// read them, and a cluster that is being created has none yet.
func secret(ctx context.Context, config *rest.Config, c Cluster, suffix, key string) ([]byte, error) {
	client, err := kubeapi.ForConfig(config)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	name := c.Name + suffix
	var s corev1.Secret
	_, err = client.Do(ctx, kubeapi.Call{Method: http.MethodGet,
		Path: []string{"api", "v1", "namespaces", c.Namespace, "secrets", name}}, &s)
	value := s.Data[key]
	switch {
	case kubeapi.Missing(err) && !c.Ready:
		return nil, notReady(c)
	case kubeapi.Missing(err):
		return nil, hint.Wrap(&SecretError{Cluster: c.Name, Reason: "secret " + c.Namespace + "/" + name +
			" is missing, although the cluster is ready"}, "ask who manages the instance; describe it with: "+
			"kubectl edge cluster describe %s", c.Name)
	case apierrors.IsForbidden(err):
		return nil, hint.Wrap(&SecretError{Cluster: c.Name, Reason: "your login has no right to read secret " +
			c.Namespace + "/" + name + " of the instance"},
			"ask an administrator of the instance for the right to get "+
				"that secret")
	case err != nil:
		return nil, fmt.Errorf("read the credentials of edge cluster %q: %w", c.Name, err)
	case len(value) == 0:
		return nil, hint.Wrap(&SecretError{Cluster: c.Name, Reason: noValue(c.Namespace+"/"+name, key, s.Data)},
			"ask who manages the instance what that secret is; describe the cluster with: "+
				"kubectl edge cluster describe %s", c.Name)
	}
	return value, nil
}

// noValue says that a secret does not have the key, and which it has.
func noValue(secret, key string, data map[string][]byte) string {
	const few = 3
	if _, there := data[key]; there {
		return fmt.Sprintf("%s of secret %s is empty", key, secret)
	}
	others := slices.Sorted(maps.Keys(data))
	switch {
	case len(others) == 0:
		return fmt.Sprintf("secret %s is empty", secret)
	case len(others) > few:
		others = append(others[:few], "…")
	}
	return fmt.Sprintf("secret %s does not have the key %s; it has %s", secret, key, strings.Join(others, ", "))
}

// NotReadyError is that a cluster is not there yet, or no longer.
type NotReadyError struct{ Cluster Cluster }

func (e *NotReadyError) Error() string {
	text := fmt.Sprintf("edge cluster %q is being created", e.Cluster.Name)
	if e.Cluster.Deleting {
		text = fmt.Sprintf("edge cluster %q is being deleted", e.Cluster.Name)
	}
	if e.Cluster.Reason != "" {
		text += ": " + hint.Printable(e.Cluster.Reason)
	}
	return text
}

func notReady(c Cluster) error {
	return hint.Wrap(&NotReadyError{c}, "kubectl edge cluster describe %s", c.Name)
}

// SecretError is what is wrong with a secret that holds a cluster's credentials. It never quotes it.
type SecretError struct{ Cluster, Reason string }

func (e *SecretError) Error() string {
	return fmt.Sprintf("credentials of edge cluster %q: %s", e.Cluster, e.Reason)
}
