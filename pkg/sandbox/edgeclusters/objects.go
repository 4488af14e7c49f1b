package edgeclusters

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
)

// objects are what an instance shows of its edge clusters.
type objects struct {
	client  kubernetes.Interface
	custom  dynamic.Interface
	cluster *cluster.Cluster
}

const edgeGroup = "edge.stackit.cloud"

func (o *objects) of(resource string) dynamic.ResourceInterface {
	return o.custom.Resource(schema.GroupVersionResource{
		Group: edgeGroup, Version: "v1alpha1", Resource: resource,
	}).Namespace(inNamespace)
}

// hosts are the names of the machines that an edge cluster is on, the first of which is its control plane.
func hosts(name string) []string {
	if name == "berlin" { // those that the documentation shows
		return []string{"4c4c4544-0042-3510-8052-b4c04f395931", "8d1e0b52-6f3a-4c7e-9b1d-2f60a7c3e914"}
	}
	var names []string
	for _, role := range []string{"controlplane", "worker"} {
		sum := sha256.Sum256([]byte(name + "/" + role))
		sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8
		names = append(names, fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
	}
	return names
}

// create makes the EdgeCluster and its EdgeHosts, and returns the UID of the first. Those that are there stay.
func (o *objects) create(ctx context.Context, name string) (uid string, err error) {
	var nodes []any
	for i, host := range hosts(name) {
		role, disk := "worker", "/dev/sda"
		if i == 0 {
			role, disk = "controlplane", "/dev/nvme0n1"
		}
		nodes = append(nodes, map[string]any{"edgeHost": host, "role": role, "installDisk": disk})
		if err := o.createHost(ctx, host, name); err != nil {
			return "", err
		}
	}
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": edgeGroup + "/v1alpha1", "kind": "EdgeCluster",
		"metadata": map[string]any{"name": name, "namespace": inNamespace},
		"spec": map[string]any{
			"proxy": map[string]any{"kubernetes": true, "talos": true},
			"talos": map[string]any{
				"version":    "v1.13.5-stackit.v1.7.16",
				"kubernetes": map[string]any{"version": "v1.35.4"},
			},
			"nodes": nodes,
		},
	}}
	if err := o.cluster.Create(ctx, object); err != nil && !apierrors.IsAlreadyExists(err) {
		return "", err
	}
	made, err := o.of("edgeclusters").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	return string(made.GetUID()), nil
}

func (o *objects) createHost(ctx context.Context, host, name string) error {
	err := o.cluster.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": edgeGroup + "/v1alpha1", "kind": "EdgeHost",
		"metadata": map[string]any{"name": host, "namespace": inNamespace},
		"spec":     map[string]any{},
		"status": map[string]any{"conditions": []any{map[string]any{
			"type": "Ready", "status": "True", "reason": "Joined", "message": "part of cluster " + name,
		}}},
	}})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// conditions are what an EdgeCluster says of itself.
func conditions(status string, missing error) []any {
	ready := func(status, reason, message string) []any {
		return []any{map[string]any{"type": "ClusterReady", "status": status, "reason": reason, "message": message}}
	}
	if missing != nil {
		return ready("False", "ProgramMissing", missing.Error())
	}
	switch status {
	case sandbox.ClusterCreating:
		return ready("False", "Creating", "waiting for the control plane")
	case sandbox.ClusterDegraded:
		return ready("False", "NodesNotReady", "1 of 2 nodes is not ready")
	case sandbox.ClusterNew:
		return []any{}
	}
	return ready("True", "Ready", "all nodes are ready")
}

// setStatus has the EdgeCluster say something of itself. One that a user of the instance has deleted stays so.
func (o *objects) setStatus(ctx context.Context, name string, conditions []any) error {
	for {
		object, err := o.of("edgeclusters").Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		object.Object["status"] = map[string]any{"conditions": conditions}
		_, err = o.of("edgeclusters").UpdateStatus(ctx, object, metav1.UpdateOptions{})
		if !apierrors.IsConflict(err) {
			return err
		}
	}
}

// deleteCluster deletes the EdgeCluster alone.
func (o *objects) deleteCluster(ctx context.Context, name string) error {
	return ignoreMissing(o.of("edgeclusters").Delete(ctx, name, metav1.DeleteOptions{}))
}

// remove deletes all that is shown of an edge cluster.
func (o *objects) remove(ctx context.Context, name string) error {
	errs := []error{o.deleteCluster(ctx, name)}
	for _, host := range hosts(name) {
		errs = append(errs, ignoreMissing(o.of("edgehosts").Delete(ctx, host, metav1.DeleteOptions{})))
	}
	for _, secret := range []string{kubeconfigSecret(name), talosconfigSecret(name)} {
		errs = append(errs, o.putSecret(ctx, secret, nil))
	}
	return errors.Join(errs...)
}

func ignoreMissing(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func kubeconfigSecret(name string) string { return name + "-kubeconfig" }

func talosconfigSecret(name string) string { return name + "-talosconfig" }

// putSecret has a secret hold data, or with nil not be there.
func (o *objects) putSecret(ctx context.Context, name string, data map[string][]byte) error {
	secrets := o.client.CoreV1().Secrets(inNamespace)
	if data == nil {
		return ignoreMissing(secrets.Delete(ctx, name, metav1.DeleteOptions{}))
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: inNamespace}, Data: data}
	_, err := secrets.Update(ctx, secret, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		_, err = secrets.Create(ctx, secret, metav1.CreateOptions{})
	}
	return err
}
