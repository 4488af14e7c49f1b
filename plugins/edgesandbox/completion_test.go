package edgesandbox

import (
	"io"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
)

// Each flag with a known set of values completes them: what is left out here is what a person makes up.
func TestEveryFlagCompletes(t *testing.T) {
	t.Setenv("EDGE_SANDBOX_URL", "")
	root := Root(buildinfo.Info{}, strings.NewReader(""), io.Discard, io.Discard)
	free := map[string]bool{}
	for command, flags := range map[string]string{
		"account trust": "claims issuer", "account workload-token": "claims", "cluster add": "signing-duration",
		"cluster set": "signing-duration",
		"fault add":   "after body content-type delay header path status times",
		"instance add": "description frontend-url gone-in id plan-id ready-after-polls ready-in refuse-credentials " +
			"server",
		"instance set":   "description frontend-url gone-in ready-after-polls ready-in refuse-credentials server",
		"instance token": "lifetime", "project add": "container-id labels parent-id project-id",
		"project set-service": "service-id", "ready": "timeout",
		"settings": "access-token-lifetime clock-offset code-lifetime device-code-lifetime device-interval " +
			"enablement-time instance-token-lifetime reconcile-time refresh-grace refresh-token-lifetime " +
			"session-lifetime",
		"up": "clusters host instances listen plans seed",
		// Which need a sandbox.
		"account add": "projects", "account set": "projects",
	} {
		for _, flag := range strings.Fields(flags) {
			free[command+" "+flag] = true
		}
	}
	plugintest.EveryFlagCompletes(t, root, free)
}
