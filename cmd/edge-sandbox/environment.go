package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// environment is the environment of commands in the sandbox, as a change of ours.
type environment struct {
	inherited []string
	set       map[string]string
	unset     []string // sorted
}

// newEnvironment makes the folders and files of commands in the sandbox below dir, and their environment. The folder of
// the servers and the API server's URL are "" where there are none.
func newEnvironment(dir, serversDir, apiServer string, srv *servers) (*environment, error) {
	inherited := os.Environ()
	s := srv.sandbox
	folder := func(name string) string { return filepath.Join(dir, name) }
	e := &environment{inherited: inherited, set: map[string]string{
		"HOME":            folder("home"),
		"XDG_CONFIG_HOME": folder("config"),
		"XDG_STATE_HOME":  folder("state"),
		"XDG_CACHE_HOME":  folder("cache"),
		"XDG_RUNTIME_DIR": folder("runtime"),
	}}
	for _, path := range e.set {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, err
		}
	}
	e.unset = foreign(inherited)

	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	path := []string{filepath.Dir(self), serversDir, os.Getenv("PATH")}
	path = slices.DeleteFunc(path, func(s string) bool { return s == "" })
	e.set["PATH"] = strings.Join(path, string(os.PathListSeparator))
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		e.set[name] = strings.TrimPrefix(os.Getenv(name)+",localhost,127.0.0.1", ",")
	}
	e.set["DBUS_SESSION_BUS_ADDRESS"] = "disabled:" // keeps off the person's own keyring
	e.set["KUBECONFIG"] = folder("kubeconfig")
	e.set["SSL_CERT_FILE"] = folder("ca-bundle.pem")  // Go, OpenSSL
	e.set["CURL_CA_BUNDLE"] = folder("ca-bundle.pem") // curl, which may have been told otherwise
	e.set["EDGE_SANDBOX_URL"] = s.URL()
	if apiServer != "" {
		e.set["EDGE_SANDBOX_API_SERVER"] = apiServer
	}
	e.set["EDGE_SANDBOX_CA"] = folder("ca.pem")
	e.set["EDGE_SANDBOX_SERVICE_ACCOUNT_KEY"] = folder("service-account-key.json")
	e.set["EDGE_SANDBOX_PARENT_ID"] = sandbox.ParentID
	e.set["EDGE_SANDBOX_PROJECT_ID"] = sandbox.ProjectID

	// The STACKIT CLI takes its APIs over http, but the identity provider over https alone.
	e.set["STACKIT_EDGE_CUSTOM_ENDPOINT"] = srv.plain + "/edge"
	e.set["STACKIT_RESOURCE_MANAGER_CUSTOM_ENDPOINT"] = srv.plain + "/resource-manager"
	e.set["STACKIT_SERVICE_ENABLEMENT_CUSTOM_ENDPOINT"] = srv.plain + "/service-enablement"
	e.set["STACKIT_TOKEN_CUSTOM_ENDPOINT"] = srv.plain + "/service-account/token"
	e.set["STACKIT_IDENTITY_PROVIDER_CUSTOM_WELL_KNOWN_CONFIGURATION"] = s.IdentityProvider() + "/.well-known/openid-configuration"
	e.set["STACKIT_ALLOWED_URL_DOMAIN"] = "localhost"

	bundle, err := withSystemRoots(s.CA())
	if err != nil {
		return nil, err
	}
	for name, data := range map[string][]byte{
		"SSL_CERT_FILE":                    bundle,
		"EDGE_SANDBOX_CA":                  s.CA(),
		"EDGE_SANDBOX_SERVICE_ACCOUNT_KEY": s.ServiceAccountKey(),
	} {
		if err := os.WriteFile(e.set[name], data, 0o600); err != nil {
			return nil, err
		}
	}
	if err := srv.stackState.describe(e, dir, s.URL()); err != nil {
		return nil, err
	}
	return e, e.saveProfile(s)
}

// saveProfile configures kubectl edge to use the sandbox.
func (e *environment) saveProfile(s *sandbox.Sandbox) error {
	config := &profile.Config{
		CurrentProfile: profile.DefaultName,
		Profiles: map[string]profile.Profile{profile.DefaultName: {
			Region: sandbox.Region,
			Endpoints: profile.Endpoints{
				Edge:                s.EdgeURL(),
				ResourceManager:     s.ResourceManagerURL(),
				IdentityProvider:    s.IdentityProvider(),
				ServiceAccountToken: s.ServiceAccountTokenURL(),
			},
			CertificateAuthority: e.set["EDGE_SANDBOX_CA"], // for the systems whose Go programs ignore SSL_CERT_FILE
		}},
		TrustedHosts: []string{strings.TrimPrefix(s.URL(), "https://")},
	}
	return config.Save(dirs.Dirs{Config: filepath.Join(e.set["XDG_CONFIG_HOME"], "kubectl-edge")})
}

// foreign returns the names of inherited variables that would lead a command to the person's own STACKIT or cluster.
func foreign(inherited []string) []string {
	var names []string
	for _, variable := range inherited {
		name, _, _ := strings.Cut(variable, "=")
		for _, prefix := range []string{"STACKIT_", "KUBERNETES_", "KUBECTL_EDGE_PROFILE", "STS_"} {
			if strings.HasPrefix(name, prefix) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// environ returns the variables as "NAME=value".
func (e *environment) environ() []string {
	env := slices.DeleteFunc(slices.Clone(e.inherited), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		_, changed := e.set[name]
		return changed || slices.Contains(e.unset, name)
	})
	for _, name := range slices.Sorted(maps.Keys(e.set)) {
		env = append(env, name+"="+e.set[name])
	}
	return env
}

// print writes the environment as shell commands.
func (e *environment) print(w io.Writer) error {
	var out bytes.Buffer
	for _, name := range e.unset {
		if _, ok := e.set[name]; !ok {
			fmt.Fprintf(&out, "unset %s\n", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.set)) {
		fmt.Fprintf(&out, "export %s='%s'\n", name, strings.ReplaceAll(e.set[name], "'", `'\''`))
	}
	_, err := w.Write(out.Bytes())
	return err
}

// lookPath finds a program as the command itself would, on the sandbox's PATH.
func (e *environment) lookPath(program string) (string, error) {
	if filepath.Base(program) != program {
		return program, nil
	}
	for _, dir := range filepath.SplitList(e.set["PATH"]) {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", &exec.Error{Name: program, Err: exec.ErrNotFound}
}

// withSystemRoots returns ca together with the certificate authorities that Go programs trust on this system, since
// SSL_CERT_FILE replaces those.
func withSystemRoots(ca []byte) ([]byte, error) {
	candidates := []string{
		os.Getenv("SSL_CERT_FILE"),
		"/etc/ssl/certs/ca-certificates.crt", // as in crypto/x509's root_linux.go
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/cert.pem",
	}
	for _, path := range candidates {
		if path == "" {
			continue
		}
		system, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the system's certificate authorities: %w", err)
		}
		return slices.Concat(ca, []byte("\n"), system), nil
	}
	return ca, nil
}
