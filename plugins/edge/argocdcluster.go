package edge

import (
	"cmp"
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// clusterSecrets makes the Secrets of the edge clusters of the instances. Where there may be several, those that cannot
// be made are reported, and named by the error incomplete.
func (o *clusterSecretOptions) clusterSecrets(
	ctx context.Context, cloud edgeCloud,
) (secrets []*corev1.Secret, incomplete, err error) {
	found, err := o.findClusters(ctx, cloud, o.which, o.clusters, o.patience)
	if err != nil {
		return nil, nil, err
	}
	var places []*place
	for _, c := range found.clusters {
		places = append(places, &place{instance: c.instance, cluster: c, request: tokenrequest.Request{
			ProjectID: cloud.ProjectID, Region: cloud.Region, InstanceID: c.instance.Id, Expiration: o.expiration,
			EdgeCluster: c.request(o.rights.rights(o.roleNamespace)),
		}})
	}
	several := o.which.several() || o.clusters.several()
	places, failed, err := o.eachPlace(ctx, several, "asked", places, func(p *place, say func(string)) error {
		located, err := o.locate(ctx, p, o.patience, say)
		p.entry = kubeconfig.Entry{Server: located.Server, CAData: located.CAData}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	places, missing, err := o.bind(ctx, places, &o.rights, several)
	if err != nil {
		return nil, nil, err
	}
	failed = append(failed, missing...)
	for _, p := range places {
		secret, err := o.secret(p.request, cmp.Or(p.instance.DisplayName, p.instance.Id), p.entry)
		if err != nil {
			return nil, nil, err
		}
		secrets = append(secrets, secret)
	}
	return secrets, found.incomplete(failed, len(secrets), "Secret", "written"), nil
}
