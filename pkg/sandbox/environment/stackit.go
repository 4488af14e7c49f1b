package environment

import (
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/server"
)

// services are the APIs of STACKIT for which its CLI and SDKs take an address from STACKIT_<NAME>_CUSTOM_ENDPOINT, as
// of the CLI's v0.71 (internal/pkg/config/config.go). All lead to the sandbox, which serves a few and answers 404 for
// the others: a client that went to the real ones would take the sandbox's credentials there. TOKEN is not among them:
// it replaces the token endpoints of service account keys and of workload identity, which are two. The keys name
// theirs, and STACKIT_IDP_TOKEN_ENDPOINT is the other.
func services() []string {
	return []string{
		"ALB", "ALB_WAF", "AUTHORIZATION", "CDN", "DNS", "EDGE", "GIT", "IAAS", "INTAKE", "KMS", "LOAD_BALANCER",
		"LOGME", "LOGS",
		"MARIADB", "MODEL_SERVING", "MONGODBFLEX", "OBJECT_STORAGE", "OBSERVABILITY", "OPENSEARCH", "POSTGRESFLEX",
		"RABBITMQ",
		"REDIS", "RESOURCE_MANAGER", "RUNCOMMAND", "SCF", "SECRETS_MANAGER", "SERVERBACKUP", "SERVEROSUPDATE",
		"SERVICE_ACCOUNT", "SERVICE_ENABLEMENT", "SFS", "SKE", "SQLSERVERFLEX", "VPN",
	}
}

// stackitVariables lead the clients of STACKIT to the sandbox.
func stackitVariables(srv *server.Server) map[string]string {
	s := srv.Sandbox
	variables := map[string]string{
		"STACKIT_IDP_TOKEN_ENDPOINT": s.URL() + "/oauth/v2/token",
		"STACKIT_IDENTITY_PROVIDER_CUSTOM_WELL_KNOWN_CONFIGURATION": s.IdentityProvider() +
			"/.well-known/openid-configuration",
		"STACKIT_ALLOWED_URL_DOMAIN": "localhost",
	}
	// The CLI takes its APIs over http, but the identity provider over https alone.
	for _, name := range services() {
		path := strings.ReplaceAll(strings.ToLower(name), "_", "-")
		variables["STACKIT_"+name+"_CUSTOM_ENDPOINT"] = srv.PlainURL() + "/" + path
	}
	return variables
}

// foreign returns the names of inherited variables that would lead a command to the person's own STACKIT or cluster.
func foreign(inherited []string) []string {
	names := map[string]bool{}
	for _, variable := range inherited {
		name, _, _ := strings.Cut(variable, "=")
		for _, prefix := range []string{"STACKIT_", "KUBERNETES_", "KUBECTL_EDGE_PROFILE", "STS_"} {
			if strings.HasPrefix(name, prefix) {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
