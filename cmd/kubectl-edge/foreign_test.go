//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore/keyringtest"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// stackitCLI puts a STACKIT CLI on the person's path that is logged in, and returns where it notes that it was asked.
func (p *person) stackitCLI() (asked string) {
	p.t.Helper()
	asked = filepath.Join(p.env.WorkDir, "asked")
	script := "#!/bin/sh\necho asked >>" + asked + "\n" + `echo '{"access_token":"` + cliToken + `"}'` + "\n"
	if err := os.WriteFile(filepath.Join(p.env.WorkDir, "bin", "stackit"), []byte(script), 0o700); err != nil {
		p.t.Fatal(err)
	}
	return asked
}

// cliToken is {"alg":"none"}.{"email":"ada@example.com","exp":4102444800}.
const cliToken = "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFkYUBleGFtcGxlLmNvbSIsImV4cCI6NDEwMjQ0NDgwMH0.c2ln"

// sessionOfTheCLI is a session as the attacker would prepare it in a folder of their own: its key lies in a file.
func (a *attacker) sessionOfTheCLI(p *person) (state string) {
	p.t.Helper()
	state = p.t.TempDir()
	d := dirs.Dirs{Config: filepath.Join(a.config, "kubectl-edge"), State: filepath.Join(state, "kubectl-edge")}
	config, err := profile.Load(d)
	if err != nil {
		p.t.Fatal(err)
	}
	authorities, err := os.ReadFile(config.Profiles[profile.DefaultName].CertificateAuthority)
	if err != nil {
		p.t.Fatal(err)
	}
	client, err := transport.NewClient(transport.Options{CAData: authorities})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Setenv("PATH", filepath.Join(p.env.WorkDir, "bin")+":"+os.Getenv("PATH"))
	_, err = (&login.Account{
		Dirs: d, Name: profile.DefaultName, Profile: config.Profiles[profile.DefaultName], Trusted: config.TrustedHosts,
		Command:     profile.Scope{Config: config, Name: profile.DefaultName}.Command,
		Authorities: authorities, HTTP: client, Env: envcredential.Of(os.Getenv), Now: p.sandbox.Now,
		Secrets: secretstore.Open(secretstore.Options{
			Dir: filepath.Join(d.State, "secrets"), Keyring: keyringtest.None("test"),
		}),
	}).Login(p.t.Context(), login.CLI{})
	if err != nil {
		p.t.Fatal(err)
	}
	return state
}

// A kubeconfig that does nothing but call the helper says by exec.env where the configuration is. Whatever credential
// there is that is not sealed to endpoints stays at home, nobody is asked anything, and the reason is said.
func TestKubeconfigChoosesTheFolders(t *testing.T) {
	helper := []string{"kubectl-edge_credential", "--project-id=" + sandbox.ProjectID, "--region=eu01",
		"--instance-id=" + sandbox.InstanceID}
	const interactive = `KUBERNETES_EXEC_INFO={"apiVersion":"client.authentication.k8s.io/v1",` +
		`"kind":"ExecCredential","spec":{"interactive":true}}`
	const note = "may be that of a kubeconfig's author"
	for name, tc := range map[string]struct {
		own     func(*person) []string // variables of the person's own
		further func(*person, *attacker) []string
		want    string
	}{
		"session of the STACKIT CLI": {func(p *person) []string { p.stackitCLI(); return nil }, nil, note},
		"session made for the STACKIT CLI": {func(p *person) []string { p.stackitCLI(); return nil },
			func(p *person, a *attacker) []string { return []string{"XDG_STATE_HOME=" + a.sessionOfTheCLI(p)} },
			"the session of the STACKIT CLI is not used"},
		"access token": {func(*person) []string { return []string{"STACKIT_ACCESS_TOKEN=" + cliToken} }, nil,
			"a credential from outside (access-token) is not used"},
		"service account token": {func(*person) []string {
			return []string{"STACKIT_SERVICE_ACCOUNT_TOKEN=" +
				cliToken}
		}, nil,
			"a credential from outside (service-account-token) is not used"},
		"key file": {func(p *person) []string {
			return []string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH=" + filepath.Join(p.env.WorkDir, "admin.json")}
		}, nil, "a credential from outside (service-account-key) is not used"},
		"key file that the kubeconfig names": {func(*person) []string { return nil },
			func(p *person, _ *attacker) []string {
				return []string{"STACKIT_SERVICE_ACCOUNT_KEY_PATH=" + filepath.Join(p.env.WorkDir, "admin.json")}
			}, "a credential from outside (service-account-key) is not used"},
		"workload identity": {func(p *person) []string {
			token, err := p.sandbox.IssueWorkloadToken(nil)
			if err != nil {
				p.t.Fatal(err)
			}
			return []string{"STACKIT_SERVICE_ACCOUNT_EMAIL=" + sandbox.AdminServiceAccount,
				"STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN=" + token}
		}, nil, "a credential from outside (workload-identity) is not used"},
		"credentials file": {func(p *person) []string {
			path := filepath.Join(p.env.WorkDir, "credentials.json")
			if err := os.WriteFile(path, []byte(`{"STACKIT_SERVICE_ACCOUNT_TOKEN":"`+cliToken+`"}`),
				0o600); err != nil {
				p.t.Fatal(err)
			}
			return []string{"STACKIT_CREDENTIALS_PATH=" + path}
		}, nil, "a credential from outside (service-account-token) is not used"},
		"a person who could sign in": {func(*person) []string { return nil }, nil, note},
		"folders by HOME": {func(*person) []string { return []string{"XDG_CONFIG_HOME=", "XDG_STATE_HOME="} },
			func(p *person, a *attacker) []string {
				home := p.t.TempDir()
				if err := os.Symlink(a.config, filepath.Join(home, ".config")); err != nil {
					p.t.Fatal(err)
				}
				return []string{"HOME=" + home, "XDG_CONFIG_HOME=", "XDG_STATE_HOME="}
			}, note},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t)
			a := newAttacker(t, p)
			own := tc.own(p)
			execEnv := []string{interactive, "XDG_CONFIG_HOME=" + a.config, "XDG_STATE_HOME=" + t.TempDir()}
			if tc.further != nil {
				execEnv = append(execEnv, tc.further(p, a)...)
			}
			if err := os.RemoveAll(filepath.Join(p.env.WorkDir, "asked")); err != nil {
				t.Fatal(err)
			}
			// The shell is kubectl, whose environment is the person's; env is what exec.env does.
			command := append(append(append(asKubectl(), "env"), execEnv...), helper...)
			code, stdout, stderr := p.exec(own, command...)
			if code == 0 || stdout != "" || !strings.Contains(stderr, tc.want) {
				t.Errorf("exit code %d, stdout %q, want %q in stderr:\n%s", code, stdout, tc.want, stderr)
			}
			if got := p.browsers(); got != "" {
				t.Errorf("a browser was opened: %s", got)
			}
			if _, err := os.Stat(filepath.Join(p.env.WorkDir, "asked")); err == nil {
				t.Error("the STACKIT CLI was asked for its token")
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			if len(a.requests) > 0 {
				t.Errorf("requests went to the author's host: %q", a.requests)
			}
		})
	}
}

// A kubeconfig can name each of our commands, and each client calls it: the folders are its author's all the same.
func TestKubeconfigCallsAnotherCommand(t *testing.T) {
	p := newPerson(t)
	a := newAttacker(t, p)
	for _, args := range [][]string{
		{"kubectl-edge", "token", "create", "--project-id=" + sandbox.ProjectID, "--name=demo"},
		{"kubectl-edge", "instance", "list", "--project-id=" + sandbox.ProjectID},
		{"kubectl-edge", "login", "--no-browser"},
	} {
		command := append(append(asKubectl(), "env", "KUBERNETES_EXEC_INFO={}", "XDG_CONFIG_HOME="+a.config,
			"XDG_STATE_HOME="+t.TempDir()), args...)
		code, stdout, stderr := p.exec([]string{"STACKIT_ACCESS_TOKEN=" + cliToken}, command...)
		if code == 0 || stdout != "" || !strings.Contains(stderr, a.config) {
			t.Errorf("%q: exit code %d, stdout %q, stderr:\n%s", args, code, stdout, stderr)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.requests) > 0 {
		t.Errorf("requests went to the author's host: %q", a.requests)
	}
}

// Who names the folders in their own shell is not a kubeconfig's author: their credentials work, and nothing is said.
func TestPersonChoosesTheFolders(t *testing.T) {
	helper := []string{"kubectl-edge_credential", "--project-id=" + sandbox.ProjectID, "--region=eu01",
		"--instance-id=" + sandbox.InstanceID}
	const info = `KUBERNETES_EXEC_INFO={"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",` +
		`"spec":{}}`
	p := newPerson(t)
	key := "STACKIT_SERVICE_ACCOUNT_KEY_PATH=" + filepath.Join(p.env.WorkDir, "admin.json")
	command := append(append(asKubectl(), "env", info), helper...)
	if code, stdout, stderr := p.exec([]string{key}, command...); code != 0 || stderr != "" ||
		!strings.Contains(stdout, "ExecCredential") {
		t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, stdout, stderr)
	}
}

// What a shell exported since it was started is not in the environment that the system shows of it: a person who calls
// the helper by hand, or whose .bashrc names the folders and the path, is not a kubeconfig's author either.
func TestPersonExportsTheFolders(t *testing.T) {
	p := newPerson(t)
	key := "STACKIT_SERVICE_ACCOUNT_KEY_PATH=" + filepath.Join(p.env.WorkDir, "admin.json")
	const script = `export XDG_CONFIG_HOME="$1" PATH="$2"; shift 2; "$@"; exit $?`
	code, stdout, stderr := p.exec([]string{key, "XDG_CONFIG_HOME="}, "/bin/sh", "-c", script, "sh",
		p.env.Getenv("XDG_CONFIG_HOME"), p.env.Getenv("PATH"),
		"kubectl-edge_credential", "--project-id="+sandbox.ProjectID, "--instance-id="+sandbox.InstanceID)
	if code != 0 || stderr != "" || !strings.Contains(stdout, "ExecCredential") {
		t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, stdout, stderr)
	}
}

// What a kubeconfig sets that is not for it to set has no effect: the client's is used.
func TestKubeconfigChoosesPrograms(t *testing.T) {
	helper := []string{"kubectl-edge_credential", "--project-id=" + sandbox.ProjectID, "--region=eu01",
		"--instance-id=" + sandbox.InstanceID}
	const interactive = `KUBERNETES_EXEC_INFO={"apiVersion":"client.authentication.k8s.io/v1",` +
		`"kind":"ExecCredential","spec":{"interactive":true}}`
	p := newPerson(t)
	theirs := t.TempDir()
	ran := filepath.Join(theirs, "ran")
	for _, program := range []string{"stackit", "xdg-open", "x-www-browser", "www-browser", "evil"} {
		if err := os.WriteFile(filepath.Join(theirs, program),
			[]byte("#!/bin/sh\necho "+program+" >>"+ran+"\nexit 1\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	command := append(append(asKubectl(), "env", interactive, "PATH="+theirs+":"+p.env.Getenv("PATH"),
		"BROWSER="+theirs+"/evil",
		"SSL_CERT_FILE=/dev/null", "GODEBUG=http2debug=2,netdns=9",
		"DBUS_SESSION_BUS_ADDRESS=unix:path="+theirs+"/bus"), helper...)
	code, stdout, stderr := p.exec(nil, command...)
	if code != 0 || !strings.Contains(stdout, "ExecCredential") {
		t.Errorf("exit code %d, stdout %q, stderr:\n%s", code, stdout, stderr)
	}
	if p.browsers() == "" {
		t.Error("the person's own browser was not opened")
	}
	if data, err := os.ReadFile(ran); err == nil {
		t.Errorf("the author's programs ran: %s", data)
	}
}
