package edge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/dynamic"
	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// clusterConfig is the member config of a cluster Secret, as far as we set it: ClusterConfig of Argo CD's
// pkg/apis/application/v1alpha1, https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#clusters.
type clusterConfig struct {
	ExecProvider struct {
		Command     string            `json:"command"`
		Args        []string          `json:"args"`
		Env         map[string]string `json:"env"`
		APIVersion  string            `json:"apiVersion"`
		InstallHint string            `json:"installHint"`
	} `json:"execProviderConfig"`
	TLSClient struct {
		Insecure bool   `json:"insecure"`
		CAData   []byte `json:"caData,omitempty"`
	} `json:"tlsClientConfig"`
}

const argoCDHint = "Argo CD's pods lack kubectl-edge_credential: see docs/argocd.md of kubectl edge"

// secret makes the Secret by which Argo CD knows an instance, or an edge cluster. It holds where that is and how to get
// a credential.
func (o *clusterSecretOptions) secret(request tokenrequest.Request, name string,
	entry kubeconfig.Entry) (*corev1.Secret, error) {
	var config clusterConfig
	config.ExecProvider.Command = o.command
	config.ExecProvider.Args = request.Args()
	config.ExecProvider.Env = map[string]string{
		envcredential.UseOIDC.String():             "1",
		envcredential.ServiceAccountEmail.String(): o.serviceAccount,
		envcredential.FederatedTokenFile.String():  o.tokenFile,
	}
	config.ExecProvider.APIVersion = clientauthentication.SchemeGroupVersion.String()
	config.ExecProvider.InstallHint = argoCDHint
	config.TLSClient.CAData = entry.CAData
	data, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("make the Secret of %s: %w", ofWhat(request), err)
	}
	cluster := secretName(request)
	labels := map[string]string{
		"kubectl-edge/name":        name,
		"kubectl-edge/instance-id": request.InstanceID,
		"kubectl-edge/project-id":  request.ProjectID,
		"kubectl-edge/region":      request.Region,
	}
	content := map[string]string{"name": cluster, "server": entry.Server, "config": string(data)}
	if request.Cluster != "" {
		labels["kubectl-edge/cluster"] = request.Cluster
		labels["kubectl-edge/cluster-namespace"] = request.ClusterNamespace
		if problems := validation.IsValidLabelValue(request.Cluster); len(problems) > 0 {
			return nil, fmt.Errorf("make the Secret of edge cluster %s: its name cannot be a label: %s",
				request.Cluster,
				problems[0])
		}
		if request.Namespace != "" { // Argo CD looks at nothing else then, for which it has no right
			content["namespaces"], content["clusterResources"] = request.Namespace, "false"
		}
	}
	for key, value := range o.labels {
		labels[key] = value
	}
	labels["argocd.argoproj.io/secret-type"] = "cluster"
	return &corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Name: cluster, Namespace: o.namespace, Labels: labels,
			Annotations: o.annotations},
		Type: corev1.SecretTypeOpaque,
		// Can be read in a review.
		StringData: content,
	}, nil
}

// secretName is unique: region and instance's id have the form of DNS labels, of 4 and at most 16 characters. An edge
// cluster's name may have dots, a namespace has none, and an ordinary edge cluster is named alone.
func secretName(r tokenrequest.Request) string {
	name := "edge-" + r.Region + "-" + r.InstanceID
	switch {
	case r.Cluster == "":
		return name
	case r.ClusterNamespace == tokenrequest.DefaultNamespace && !strings.Contains(r.Cluster, "."):
		return name + "." + r.Cluster
	}
	return name + "." + r.ClusterNamespace + "." + r.Cluster
}

func (o *clusterSecretOptions) print(secrets []*corev1.Secret) error {
	if o.format == "yaml" {
		printer := &printers.YAMLPrinter{}
		for _, s := range secrets {
			if err := printer.PrintObj(s, o.Out); err != nil {
				return err
			}
		}
		return nil
	}
	printer := &printers.JSONPrinter{}
	if !o.which.several() && !o.clusters.several() {
		return printer.PrintObj(secrets[0], o.Out)
	}
	list := &corev1.List{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "List"}, Items: []runtime.RawExtension{}}
	for _, s := range secrets {
		list.Items = append(list.Items, runtime.RawExtension{Object: s})
	}
	return printer.PrintObj(list, o.Out)
}

// applyAll applies the Secrets, also when another cannot be. Of several, those that cannot be are reported and named.
func (o *clusterSecretOptions) applyAll(ctx context.Context, target *rest.Config, secrets []*corev1.Secret) error {
	client, err := dynamic.NewForConfig(target)
	if err != nil {
		return fmt.Errorf("reach the cluster of Argo CD: %w", err)
	}
	var lines, failed []string
	var errs []error
	for _, s := range secrets {
		if err := o.applyOne(ctx, client, s); ctx.Err() != nil {
			errs = append(errs, ctx.Err())
			break
		} else if err != nil {
			errs, failed = append(errs, err), append(failed, s.Name)
			continue
		}
		what := "instance " + s.Labels["kubectl-edge/instance-id"]
		if cluster := s.Labels["kubectl-edge/cluster"]; cluster != "" {
			what = "edge cluster " + cluster + " of " + what
		}
		lines = append(lines, fmt.Sprintf("Applied Secret %s/%s for %s.", s.Namespace, s.Name, what))
	}
	o.Tell(lines, o.verbose, fmt.Sprintf("Applied %s in namespace %s.", plugin.Count(len(lines), "Secret"),
		o.namespace))
	if ctx.Err() != nil || len(secrets) == 1 && len(errs) == 1 {
		return errs[0]
	}
	o.Report(errs, o.verbose)
	return plugin.Incomplete(failed, len(secrets), "Secret", "applied")
}

// applyOne applies a Secret on the server's side, so that what others have added to it stays. The dynamic client will
// do, and unlike the typed one does not make every command register all types of Kubernetes when it starts.
func (o *clusterSecretOptions) applyOne(ctx context.Context, client dynamic.Interface, s *corev1.Secret) error {
	s.Data = map[string][]byte{}
	for key, value := range s.StringData { // stringData has no owner
		s.Data[key] = []byte(value)
	}
	s.StringData = nil
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("apply Secret %s/%s: %w", s.Namespace, s.Name, err)
	}
	_, err = client.Resource(corev1.SchemeGroupVersion.WithResource("secrets")).Namespace(s.Namespace).Patch(ctx,
		s.Name, types.ApplyPatchType, data,
		metav1.PatchOptions{FieldManager: "kubectl-edge", Force: &o.forceConflicts})
	if err == nil {
		return nil
	}
	err = fmt.Errorf("apply Secret %s/%s: %w", s.Namespace, s.Name, err)
	switch {
	case apierrors.IsConflict(err):
		return hint.Wrap(err, "add --force-conflicts to take these fields over")
	case apierrors.IsNotFound(err):
		return hint.Wrap(err, "is %s the namespace of Argo CD? see --namespace", s.Namespace)
	}
	return err
}
