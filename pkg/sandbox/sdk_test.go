package sandbox_test

import (
	"testing"

	"github.com/stackitcloud/stackit-sdk-go/core/config"
	edge "github.com/stackitcloud/stackit-sdk-go/services/edge/v1beta1api"
	resourcemanager "github.com/stackitcloud/stackit-sdk-go/services/resourcemanager/v0api"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

func TestSDK(t *testing.T) { askBySDK(t) }

// askBySDK asks a sandbox by STACKIT's SDK, and returns it. The SDK decodes strictly, so it checks the answers' form.
// It compares expiry with the machine's time.
func askBySDK(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	s, _ := sandboxtest.Start(t)
	options := func(endpoint string) []config.ConfigurationOption {
		return []config.ConfigurationOption{
			config.WithServiceAccountKey(string(s.ServiceAccountKey())),
			config.WithTokenEndpoint(s.ServiceAccountTokenURL()),
			config.WithEndpoint(endpoint),
			config.WithHTTPClient(sandboxtest.Client(t, s)),
		}
	}
	client, err := edge.NewAPIClient(options(s.EdgeURL())...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, api := t.Context(), client.DefaultAPI
	list, err := api.ListInstances(ctx, sandbox.ProjectID, sandbox.Region).Execute()
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Instances) != 2 || list.Instances[0].Id != sandbox.InstanceID {
		t.Errorf("instances %v", list.Instances)
	}
	if _, err := api.GetInstance(ctx, sandbox.ProjectID, sandbox.Region, sandbox.InstanceID).Execute(); err != nil {
		t.Error(err)
	}
	if _, err := api.GetInstanceByName(ctx, sandbox.ProjectID, sandbox.Region,
		sandbox.InstanceName).Execute(); err != nil {
		t.Error(err)
	}
	token, err := api.GetTokenByInstanceId(ctx, sandbox.ProjectID, sandbox.Region,
		sandbox.InstanceID).ExpirationSeconds(600).Execute()
	if err != nil || token.Token == "" {
		t.Errorf("token: %v", err)
	}
	kubeconfig, err := api.GetKubeconfigByInstanceName(ctx, sandbox.ProjectID, sandbox.Region,
		sandbox.InstanceName).Execute()
	if err != nil || kubeconfig.Kubeconfig["kind"] != "Config" {
		t.Errorf("kubeconfig: %v", err)
	}
	if _, err := api.ListPlansProject(ctx, sandbox.ProjectID).Execute(); err != nil {
		t.Error(err)
	}
	if _, err := api.ListCompatibleKubernetesReleases(ctx).TalosVersion("v1.13.5").Execute(); err != nil {
		t.Error(err)
	}
	created, err := api.CreateInstance(ctx, sandbox.ProjectID, sandbox.Region).
		CreateInstancePayload(edge.CreateInstancePayload{DisplayName: "mill", PlanId: sandbox.PlanID}).Execute()
	if err != nil {
		t.Fatal(err)
	}
	if err := api.DeleteInstance(ctx, sandbox.ProjectID, sandbox.Region, created.Id).Execute(); err != nil {
		t.Error(err)
	}

	projects, err := resourcemanager.NewAPIClient(options(s.ResourceManagerURL())...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := projects.DefaultAPI.ListProjects(ctx).ContainerParentId(sandbox.ParentID).Limit(2).Execute()
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Items) != 2 || found.Items[0].Name != sandbox.ProjectName {
		t.Errorf("projects %v", found.Items)
	}
	if _, err := projects.DefaultAPI.GetProject(ctx, sandbox.ProjectID).Execute(); err != nil {
		t.Error(err)
	}
	if got, want := s.Stats().Exchanges[jwtBearer], 2; got != want {
		t.Errorf("%d token exchanges, want %d: one for each client", got, want)
	}
	return s
}
