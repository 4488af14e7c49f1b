package environment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
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
	for _, name := range services() {
		variables["STACKIT_"+name+"_CUSTOM_ENDPOINT"] = endpoint(srv, name)
	}
	variables["STACKIT_"+strings.ToUpper(albKey)] = endpoint(srv, "ALB") // bash passes it on, and sh does not
	return variables
}

// endpoint is the address of a service. The CLI takes its APIs over http, but the identity provider over https alone.
func endpoint(srv *server.Server, service string) string {
	return srv.PlainURL() + "/" + strings.ReplaceAll(strings.ToLower(service), "_", "-")
}

// albKey is the CLI's key for the address of the application load balancers. It has a blank in it, up to v0.71 at
// least, so that shells cannot export the variable that goes with it.
const albKey = "alb_custom _endpoint"

// configureCLI leads the CLI to the sandbox where variables may not reach it, and keeps what else its configuration
// says. The profiles that it creates are copies of that.
func (e *Environment) configureCLI(srv *server.Server) error {
	folder := e.set["XDG_CONFIG_HOME"]
	if runtime.GOOS == "darwin" { // as os.UserConfigDir says, which the CLI asks
		folder = filepath.Join(e.set["HOME"], "Library", "Application Support")
	}
	path := filepath.Join(folder, "stackit", "cli-config.json")
	config := map[string]any{}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &config)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the configuration of the STACKIT CLI: %w", err)
	}
	config[albKey] = endpoint(srv, "ALB")
	if data, err = json.MarshalIndent(config, "", "  "); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(path, data, 0o600)
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
