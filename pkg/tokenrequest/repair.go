package tokenrequest

import "github.com/kubectl-edge/kubectl-edge/pkg/hint"

// Repair is the command that writes the entry of a kubeconfig again that has the request.
func Repair(r Request) string {
	command := "kubectl edge kubeconfig create --instance-id " + hint.Word(r.InstanceID) + " --cluster " +
		hint.Word(r.Cluster)
	e := r.EdgeCluster.WithDefaults()
	if e.ClusterNamespace != DefaultNamespace {
		command += " --cluster-namespace " + hint.Word(e.ClusterNamespace)
	}
	switch {
	case e.Credential == Administrator:
		return command + " --break-glass"
	case e.Role != RoleView || e.Namespace != "":
		command += " --role " + hint.Word(e.Role)
	}
	if e.Namespace != "" {
		command += " --namespace " + hint.Word(e.Namespace)
	}
	if e.Credential != Certificate {
		command += " --credential " + hint.Word(e.Credential)
	}
	return command
}
