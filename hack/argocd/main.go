// Command argocd asks an API server who it is, the way Argo CD does: with the cluster type of Argo CD, filled from the
// current context of a kubeconfig as argocd cluster add --exec-command does. It prints the user's name.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	authentication "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	name, err := whoami(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	fmt.Println(name)
}

func whoami(ctx context.Context) (string, error) {
	cluster, err := clusterOfContext()
	if err != nil {
		return "", err
	}
	config, err := cluster.RESTConfig()
	if err != nil {
		return "", err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return "", err
	}
	review, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authentication.SelfSubjectReview{},
		metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return review.Status.UserInfo.Username, nil
}

func clusterOfContext() (*v1alpha1.Cluster, error) {
	kubeconfig, err := clientcmd.NewDefaultClientConfigLoadingRules().Load()
	if err != nil {
		return nil, err
	}
	current := kubeconfig.Contexts[kubeconfig.CurrentContext]
	if current == nil {
		return nil, errors.New("the kubeconfig has no current context")
	}
	cluster, user := kubeconfig.Clusters[current.Cluster], kubeconfig.AuthInfos[current.AuthInfo]
	if cluster == nil || user == nil || user.Exec == nil {
		return nil, fmt.Errorf("context %s has no cluster, or no exec section", kubeconfig.CurrentContext)
	}
	env := map[string]string{}
	for _, variable := range user.Exec.Env {
		env[variable.Name] = variable.Value
	}
	return &v1alpha1.Cluster{
		Server: cluster.Server,
		Config: v1alpha1.ClusterConfig{
			TLSClientConfig: v1alpha1.TLSClientConfig{CAData: cluster.CertificateAuthorityData},
			ExecProviderConfig: &v1alpha1.ExecProviderConfig{
				Command: user.Exec.Command, Args: user.Exec.Args, Env: env,
				APIVersion: user.Exec.APIVersion, InstallHint: user.Exec.InstallHint,
			},
		},
	}, nil
}
