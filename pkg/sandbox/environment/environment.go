// Package environment makes what commands in a sandbox find: folders, files and variables that lead to the sandbox
// alone.
package environment

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/server"
)

// Environment is the environment of commands in a sandbox, as a change of another.
type Environment struct {
	inherited []string
	set       map[string]string
	unset     []string // sorted
}

// New makes the folders and files of commands in a sandbox below dir, and their environment from the inherited one. The
// folder of the servers is "" where there are none.
func New(dir, serversDir string, inherited []string, srv *server.Server) (*Environment, error) {
	folder := func(name string) string { return filepath.Join(dir, name) }
	e := &Environment{inherited: inherited, unset: foreign(inherited), set: map[string]string{
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
	if err := e.setPath(serversDir); err != nil {
		return nil, err
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		e.set[name] = strings.TrimPrefix(e.variable(name)+",localhost,127.0.0.1", ",")
	}
	e.set["DBUS_SESSION_BUS_ADDRESS"] = "disabled:" // keeps off the person's own keyring
	e.set["KUBECONFIG"] = folder("kubeconfig")
	e.set["EDGE_SANDBOX_PARENT_ID"] = sandbox.ParentID
	e.set["EDGE_SANDBOX_PROJECT_ID"] = sandbox.ProjectID
	e.set["EDGE_SANDBOX_URL"] = srv.Sandbox.URL()
	if url := srv.APIServer(); url != "" {
		e.set["EDGE_SANDBOX_API_SERVER"] = url
	}
	maps.Copy(e.set, stackitVariables(srv))
	if err := e.writeFiles(dir, srv); err != nil {
		return nil, err
	}
	if err := e.configureCLI(srv); err != nil {
		return nil, err
	}
	return e, e.saveProfile(srv.Sandbox)
}

// setPath puts this program's folder and that of the servers before the inherited PATH.
func (e *Environment) setPath(serversDir string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	path := []string{filepath.Dir(self), serversDir, e.variable("PATH")}
	path = slices.DeleteFunc(path, func(s string) bool { return s == "" })
	e.set["PATH"] = strings.Join(path, string(os.PathListSeparator))
	return nil
}

// variable returns an inherited variable.
func (e *Environment) variable(name string) string {
	for _, variable := range slices.Backward(e.inherited) {
		if value, ok := strings.CutPrefix(variable, name+"="); ok {
			return value
		}
	}
	return ""
}

// writeFiles writes what variables name, for this user alone.
func (e *Environment) writeFiles(dir string, srv *server.Server) error {
	bundle, err := withSystemRoots(srv.Sandbox.CA(), e.variable("SSL_CERT_FILE"))
	if err != nil {
		return err
	}
	url, token := srv.StackStateURL()
	e.set["EDGE_SANDBOX_STACKSTATE_URL"] = url
	for variable, f := range map[string]struct {
		name string
		data []byte
	}{
		"SSL_CERT_FILE":                          {"ca-bundle.pem", bundle}, // Go, OpenSSL
		"CURL_CA_BUNDLE":                         {"ca-bundle.pem", bundle}, // curl, which may be set up otherwise
		"EDGE_SANDBOX_CA":                        {"ca.pem", srv.Sandbox.CA()},
		"EDGE_SANDBOX_SERVICE_ACCOUNT_KEY":       {"service-account-key.json", srv.Sandbox.ServiceAccountKey()},
		"EDGE_SANDBOX_STACKSTATE_API_TOKEN_FILE": {"stackstate-api-token", []byte(token + "\n")},
	} {
		e.set[variable] = filepath.Join(dir, f.name)
		if err := os.WriteFile(e.set[variable], f.data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// saveProfile configures kubectl edge to use the sandbox. In a folder that was kept, what somebody configured since
// stays: a login is of a profile as it is.
func (e *Environment) saveProfile(s *sandbox.Sandbox) error {
	at := dirs.Dirs{Config: filepath.Join(e.set["XDG_CONFIG_HOME"], "kubectl-edge")}
	config, err := profile.Load(at)
	if err != nil {
		return err
	}
	own := config.Profiles[profile.DefaultName]
	own.Region = cmp.Or(own.Region, sandbox.Region)
	own.Endpoints = profile.Endpoints{
		Edge:                s.EdgeURL(),
		ResourceManager:     s.ResourceManagerURL(),
		ServiceEnablement:   s.ServiceEnablementURL(),
		IdentityProvider:    s.IdentityProvider(),
		ServiceAccountToken: s.ServiceAccountTokenURL(),
	}
	own.CertificateAuthority = e.set["EDGE_SANDBOX_CA"] // for the systems whose Go programs ignore SSL_CERT_FILE
	config.Put(profile.DefaultName, own)
	config.CurrentProfile = cmp.Or(config.CurrentProfile, profile.DefaultName)
	if host := strings.TrimPrefix(s.URL(), "https://"); !slices.Contains(config.TrustedHosts, host) {
		config.TrustedHosts = append(config.TrustedHosts, host)
	}
	return config.Save(at)
}

// Environ returns the variables as "NAME=value".
func (e *Environment) Environ() []string {
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

// Print writes the environment as shell commands.
func (e *Environment) Print(w io.Writer) error {
	var out bytes.Buffer
	for _, name := range e.unset {
		if _, ok := e.set[name]; !ok {
			fmt.Fprintf(&out, "unset %s\n", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.set)) {
		if strings.Contains(name, " ") {
			continue // no shell can export it
		}
		fmt.Fprintf(&out, "export %s='%s'\n", name, strings.ReplaceAll(e.set[name], "'", `'\''`))
	}
	_, err := w.Write(out.Bytes())
	return err
}

// LookPath finds a program as the command itself would, on the sandbox's PATH.
func (e *Environment) LookPath(program string) (string, error) {
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
