package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/hack/stage"
	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// theatre is what all victims share: a folder, the programs and a sandbox.
type theatre struct {
	dir     string
	self    string // this program, which is the editor, too
	command string // kubectl-edge
	sandbox *sandbox.Sandbox
	server  *http.Server
	tokens  []string // of the instances, for kubeconfigs that hold one
}

// instances are those that each command is about, so that one which does half of its work is found out.
func instances() []string { return []string{"north-3714d85", "south-3714d85"} }

func newTheatre(ctx context.Context) (*theatre, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "killtest-")
	if err != nil {
		return nil, err
	}
	s := &theatre{dir: dir, self: self, command: filepath.Join(dir, "kubectl-edge")}
	if err := s.start(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *theatre) start(ctx context.Context) error {
	if err := stage.Build(ctx, s.dir, "cmd/kubectl-edge"); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.sandbox, err = sandbox.New(sandbox.Options{URL: fmt.Sprintf("https://localhost:%d",
		listener.Addr().(*net.TCPAddr).Port)})
	if err != nil {
		listener.Close()
		return err
	}
	s.server = &http.Server{Handler: s.sandbox, ErrorLog: log.New(io.Discard, "", 0)} // the dead do not say goodbye
	go func() { _ = s.server.Serve(tls.NewListener(listener, s.sandbox.TLSConfig())) }()
	for _, id := range instances() {
		s.sandbox.AddInstance(sandbox.Instance{ID: id, DisplayName: id[:strings.LastIndex(id, "-")]})
		token, err := s.sandbox.IssueInstanceToken(id, 720*time.Hour)
		if err != nil {
			return err
		}
		s.tokens = append(s.tokens, token)
	}
	return nil
}

func (s *theatre) close() {
	if s.server != nil {
		s.server.Close()
	}
	os.RemoveAll(s.dir)
}

// person makes a home in dir whose owner has logged in to the sandbox, and returns the environment of their programs.
func (s *theatre) person(ctx context.Context, dir, kubeconfig string) ([]string, error) {
	env := []string{"PATH=" + os.Getenv("PATH"), "KUBECONFIG=" + kubeconfig, "DBUS_SESSION_BUS_ADDRESS=disabled:"}
	for name, folder := range map[string]string{
		"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache",
		"XDG_RUNTIME_DIR": "runtime",
	} {
		env = append(env, name+"="+filepath.Join(dir, folder))
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, err
		}
	}
	key, err := s.sandbox.ServiceAccountKeyOf(sandbox.AdminServiceAccount)
	if err != nil {
		return nil, err
	}
	keyFile, ca := filepath.Join(dir, "key.json"), filepath.Join(dir, "ca.pem")
	for path, data := range map[string][]byte{keyFile: key, ca: s.sandbox.CA()} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, err
		}
	}
	config := &profile.Config{
		Profiles: map[string]profile.Profile{profile.DefaultName: {
			ProjectID: sandbox.ProjectID,
			Endpoints: profile.Endpoints{
				Edge: s.sandbox.EdgeURL(), ResourceManager: s.sandbox.ResourceManagerURL(),
				IdentityProvider:    s.sandbox.IdentityProvider(),
				ServiceAccountToken: s.sandbox.ServiceAccountTokenURL(),
			},
			CertificateAuthority: ca,
		}},
		TrustedHosts: []string{strings.TrimPrefix(s.sandbox.URL(), "https://")},
	}
	if err := config.Save(dirs.Dirs{Config: filepath.Join(dir, "config", "kubectl-edge")}); err != nil {
		return nil, err
	}
	login := exec.CommandContext(ctx, s.command, "login", "--service-account-key", keyFile)
	login.Env = env
	if out, err := login.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("log in: %w: %s", err, out)
	}
	return env, nil
}
