package audit

import (
	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// BreakGlass is the kind of a finding that is no secret: a user for whom our helper hands out the administrator's own
// credential of an edge cluster, which opens all of it, and by which nobody is named.
const BreakGlass Kind = "break-glass"

// breakGlass is the finding about a user whose helper is called so, or nil. At is the list of its arguments.
func breakGlass(command string, args []string, at *yaml.Node, entry string) *Finding {
	request, ours := tokenrequest.FromExec(command, args)
	if !ours || request.Credential != tokenrequest.Administrator {
		return nil
	}
	withRole := request
	withRole.Credential = ""
	return &Finding{
		Line: at.Line, Entry: entry, Field: "exec.args", Kind: BreakGlass,
		Opens: "everything in edge cluster " + request.Cluster + " of instance " + request.InstanceID,
		Advice: "remove it when it is no longer needed, and create another with a role: " +
			tokenrequest.Repair(withRole) + " --role view",
	}
}
