package clusteraccess

import (
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// Repair is the command that writes the entry of a kubeconfig again that has the request.
func Repair(r tokenrequest.Request) string {
	command := "kubectl edge kubeconfig create --instance-id " + hint.Word(r.InstanceID) + " --cluster " +
		hint.Word(r.Cluster)
	e := r.EdgeCluster.WithDefaults()
	if e.ClusterNamespace != tokenrequest.DefaultNamespace {
		command += " --cluster-namespace " + hint.Word(e.ClusterNamespace)
	}
	switch {
	case e.Credential == tokenrequest.Administrator:
		return command + " --break-glass"
	case e.Role != tokenrequest.RoleView || e.Namespace != "":
		command += " --role " + hint.Word(e.Role)
	}
	if e.Namespace != "" {
		command += " --namespace " + hint.Word(e.Namespace)
	}
	if e.Credential != tokenrequest.Certificate {
		command += " --credential " + hint.Word(e.Credential)
	}
	return command
}
