package clusteraccess

import (
	"context"
	"fmt"
	"net/http"

	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// Namespaces returns the names of the cluster's namespaces, as the principal, for a person to choose from.
func (m Minter) Namespaces(ctx context.Context, instance *rest.Config, r tokenrequest.Request, principal string) (
	[]string, error) {
	job, err := m.job(namespacesTask, instance, r, principal)
	if err != nil {
		return nil, err
	}
	outcome, err := m.do(ctx, job)
	return outcome.Namespaces, err
}

// named is a namespace, as far as it is needed.
type named struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
}

func namespaces(ctx context.Context, client *kubeapi.Client) (names []string, err error) {
	call := kubeapi.Call{Method: http.MethodGet, Path: []string{"api", "v1", "namespaces"}}
	err = kubeapi.List(ctx, client, call, func(items []named) (more bool) {
		for _, item := range items {
			names = append(names, item.Metadata.Name)
		}
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("list namespaces: %w", err)
	}
	return names, nil
}
