// Command clustersecret reads a cluster Secret (JSON) from standard input, as Argo CD's own code does, and asks the
// cluster's API server with the client that Argo CD makes of it. It prints the user's name, then the names of the edge
// hosts.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/argoproj/argo-cd/v3/util/db"
	authentication "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var secret corev1.Secret
	if err := json.NewDecoder(os.Stdin).Decode(&secret); err != nil {
		return fmt.Errorf("read Secret: %w", err)
	}
	if secret.Labels["argocd.argoproj.io/secret-type"] != "cluster" { // by which Argo CD finds it
		return fmt.Errorf("the Secret has no label of a cluster")
	}
	cluster, err := db.SecretToCluster(&secret)
	if err != nil {
		return err
	}
	config, err := cluster.RESTConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	review, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authentication.SelfSubjectReview{},
		metav1.CreateOptions{})
	if err != nil {
		return err
	}
	fmt.Println(review.Status.UserInfo.Username)
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	hosts, err := dynamicClient.Resource(schema.GroupVersionResource{Group: "edge.stackit.cloud", Version: "v1alpha1",
		Resource: "edgehosts"}).
		List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, host := range hosts.Items {
		fmt.Println(host.GetName())
	}
	return nil
}
