//go:build linux

package main

import (
	"bufio"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// proxy is a proxy of the attacker's that ends TLS itself, with a certificate of the sandbox's authority for every host
// of STACKIT's: that authority is not the system's. It returns its address, and the hosts that it was asked for.
func (a *attacker) proxy(p *person) (url string, asked func() []string) {
	p.t.Helper()
	cert, key, err := p.sandbox.ServingCertificate("*.stackit.cloud", "*.api.stackit.cloud")
	if err != nil {
		p.t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		p.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { listener.Close() })
	var hosts []string
	serve := func(conn net.Conn) {
		defer conn.Close()
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		a.mu.Lock()
		hosts = append(hosts, request.Host)
		if request.Method != http.MethodConnect {
			a.requests = append(a.requests, request.Method+" "+request.URL.String())
		}
		a.mu.Unlock()
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
		inner := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
		if request, err := http.ReadRequest(bufio.NewReader(inner)); err == nil {
			a.mu.Lock()
			a.requests = append(a.requests, request.Method+" "+request.URL.String())
			a.mu.Unlock()
		}
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return "http://" + listener.Addr().String(), func() []string {
		a.mu.Lock()
		defer a.mu.Unlock()
		return slices.Clone(hosts)
	}
}

func asksOwn(environment string) bool {
	_, err := os.Stat(environment)
	return err == nil
}

func (p *person) sandboxHost() string { return strings.TrimPrefix(p.sandbox.URL(), "https://") }

// documentedVariables are the names in the first column of the table of docs/security.md.
func documentedVariables(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(page), "| variable | what becomes of it |\n|---|---|\n")
	table, _, ended := strings.Cut(table, "\n\n")
	if !found || !ended {
		t.Fatal("docs/security.md has no table of variables")
	}
	var names []string
	for row := range strings.Lines(table + "\n") {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "|"), "|")
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
			names = append(names, name[1])
		}
		if strings.Contains(cell, "all others") {
			names = append(names, "all others")
		}
	}
	return names
}

// What a kubeconfig may set for the helper gives its author nothing: no request at a host of theirs, no program of
// theirs, nothing of the person's on standard error or in a file of theirs. Each variable that docs/security.md names
// is played, with the session of the STACKIT CLI, a credential that is not sealed to endpoints.
func TestVariablesOfAKubeconfig(t *testing.T) {
	const info = `KUBERNETES_EXEC_INFO={"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",` +
		`"spec":{"interactive":false}}`
	p := newPerson(t)
	a := newAttacker(t, p)
	theirs := t.TempDir()
	path := func(name string) string { return filepath.Join(theirs, name) }
	ran := path("ran")
	for _, program := range []string{"stackit", "kubectl-edge", "xdg-open", "evil"} {
		script := "#!/bin/sh\necho " + program + " >>" + ran + "\nexit 1\n"
		if err := os.WriteFile(path(program), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// The person's own STACKIT CLI notes its environment: what its author's variables would do happens there.
	got := filepath.Join(p.env.WorkDir, "environment")
	script := "#!/bin/sh\nenv >>" + got + "\n" + `echo '{"access_token":"` + cliToken + `"}'` + "\n"
	if err := os.WriteFile(filepath.Join(p.env.WorkDir, "bin", "stackit"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := p.exec(nil, "kubectl-edge", "config", "set", "login-method", "stackit-cli"); code != 0 {
		t.Fatal(stderr)
	}
	if code, _, stderr := p.exec(nil, "kubectl-edge", "login", "--stackit-cli"); code != 0 {
		t.Fatal(stderr)
	}
	// A profile at STACKIT's own hosts, which a proxy is asked for: the sandbox's is on this machine.
	if err := os.MkdirAll(path("home"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(a.config, path("home/.config")); err != nil {
		t.Fatal(err)
	}
	proxy, asked := a.proxy(p)
	public := []string{"XDG_CONFIG_HOME=" + path("public"), "XDG_STATE_HOME=" + path("public"),
		"STACKIT_ACCESS_TOKEN=" + cliToken}
	key := "STACKIT_SERVICE_ACCOUNT_KEY_PATH=" + filepath.Join(p.env.WorkDir, "admin.json")
	const account = "STACKIT_SERVICE_ACCOUNT_EMAIL=" + sandbox.AdminServiceAccount

	type play struct {
		own, set []string
		// The person's own CLI is asked, and its token sent to their own endpoint (which does not know it)
		works bool
		want  string // on stderr, where it does not
	}
	const foreign = "may be that of a kubeconfig's author"
	restored := func(set ...string) play { return play{set: set, works: true} }
	plays := map[string][]play{
		"HOME": {{own: []string{"XDG_CONFIG_HOME=", "XDG_STATE_HOME="},
			set: []string{"HOME=" + path("home")}, want: foreign}},
		"XDG_CONFIG_HOME": {{set: []string{"XDG_CONFIG_HOME=" + a.config}, want: foreign}},
		"XDG_STATE_HOME":  {{set: []string{"XDG_STATE_HOME=" + path("state")}, want: foreign}},
		"XDG_RUNTIME_DIR": {restored("XDG_RUNTIME_DIR=" + path("runtime"))},
		"XDG_CACHE_HOME":  {restored("XDG_CACHE_HOME=" + path("cache"))},
		"STACKIT_…": {
			{set: []string{key, "STACKIT_TOKEN_BASEURL=" + a.url}, works: true},
			{set: []string{account, "STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN=" + cliToken,
				"STACKIT_IDP_TOKEN_ENDPOINT=" + a.url}, works: true},
			restored("STACKIT_EDGE_CUSTOM_ENDPOINT="+a.url, "STACKIT_RESOURCE_MANAGER_CUSTOM_ENDPOINT="+a.url),
			restored("STACKIT_ACCESS_TOKEN=" + cliToken),
		},
		"ACTIONS_…": {restored(account, "STACKIT_USE_OIDC=1", "ACTIONS_ID_TOKEN_REQUEST_URL="+a.url,
			"ACTIONS_ID_TOKEN_REQUEST_TOKEN=x")},
		"SYSTEM_…": {restored(account, "STACKIT_USE_OIDC=1", "SYSTEM_OIDCREQUESTURI="+a.url, "SYSTEM_ACCESSTOKEN=x")},
		"HTTPS_PROXY": {
			{own: public, set: []string{"HTTPS_PROXY=" + proxy}, want: "certificate signed by unknown authority"},
		},
		"ALL_PROXY":     {restored("ALL_PROXY=" + proxy)},
		"NO_PROXY":      {restored("NO_PROXY=*")},
		"SSL_CERT_FILE": {restored("SSL_CERT_FILE=" + path("none.pem"))},
		"SSL_CERT_DIR":  {restored("SSL_CERT_DIR=" + theirs)},
		"PATH":          {restored("PATH=" + theirs + ":" + p.env.Getenv("PATH"))},
		"BROWSER":       {restored("BROWSER=" + path("evil"))},
		"LD_…": {restored("LD_PRELOAD="+path("evil.so"), "LD_LIBRARY_PATH="+theirs,
			"LD_AUDIT="+path("evil.so"))},
		"TMPDIR": {restored("TMPDIR=" + theirs)},
		"all others": {restored("BASH_ENV="+path("evil"), "ENV="+path("evil"),
			"GIT_SSH_COMMAND="+path("evil"))},
		"DBUS_SESSION_BUS_ADDRESS": {restored("DBUS_SESSION_BUS_ADDRESS=unix:path=" + path("bus"))},
		"GODEBUG":                  {restored("GODEBUG=http2debug=2,netdns=9,gctrace=1")},
		"SSLKEYLOGFILE":            {restored("SSLKEYLOGFILE=" + path("keys"))},
		"DEBUG":                    {restored("DEBUG=*")},
		"KUBECTL_EDGE_PROFILE":     {{set: []string{"KUBECTL_EDGE_PROFILE=absent"}, want: `no profile "absent"`}},
		"KUBECTL_EDGE_CACHE":       {restored("KUBECTL_EDGE_CACHE=none")},
	}
	names := documentedVariables(t)
	for _, name := range names {
		if len(plays[name]) == 0 {
			t.Errorf("docs/security.md names %s, which nothing plays", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(plays)) {
		if !slices.Contains(names, name) {
			t.Errorf("%s is played, and not in the table of docs/security.md", name)
		}
		for _, play := range plays[name] {
			t.Run(name, func(t *testing.T) {
				_ = os.Remove(got)
				command := append(append(asKubectl(), "env", info), play.set...)
				command = append(command, "kubectl-edge_credential", "--project-id="+sandbox.ProjectID,
					"--region=eu01", "--instance-id="+sandbox.InstanceID)
				// Without a cache each play asks for a credential.
				code, stdout, stderr := p.exec(append([]string{"KUBECTL_EDGE_CACHE=none"}, play.own...), command...)
				switch {
				case name == "STACKIT_…" || name == "ACTIONS_…" || name == "SYSTEM_…":
					// Another identity, which may be refused.
				case play.works && (!asksOwn(got) || !strings.Contains(stderr, p.sandboxHost()+" answered 401")):
					t.Errorf("exit code %d: the person's own CLI was not asked, or their own endpoint:\n%s", code,
						stderr)
				case !play.works && (code == 0 || stdout != "" || !strings.Contains(stderr, play.want)):
					t.Errorf("exit code %d, stdout %q, want %q in stderr:\n%s", code, stdout, play.want, stderr)
				}
				if strings.Contains(stderr, cliToken) || strings.Contains(strings.ToLower(stderr), "authorization:") ||
					strings.Count(stderr, "ld.so") != loaderLines(name) {
					t.Errorf("stderr shows what it must not:\n%s", stderr)
				}
				if data, err := os.ReadFile(got); err == nil && name != "XDG_RUNTIME_DIR" && name != "XDG_CACHE_HOME" &&
					strings.Contains(string(data), theirs) {
					t.Errorf("the STACKIT CLI ran with what the author set:\n%s", data)
				}
				if data, err := os.ReadFile(ran); err == nil {
					t.Errorf("programs of the author ran: %s", data)
				}
				if _, err := os.Stat(path("keys")); err == nil {
					t.Error("the keys of TLS were written")
				}
				if opened := p.browsers(); opened != "" {
					t.Errorf("a browser was opened: %s", opened)
				}
				a.mu.Lock()
				defer a.mu.Unlock()
				if len(a.requests) > 0 {
					t.Errorf("the author's host was sent: %q", a.requests)
				}
			})
		}
	}
	if len(asked()) == 0 {
		t.Error("no request went to the proxy, so that nothing is shown about it")
	}
}

// loaderLines is how often the system's loader complains while a play runs. Our programs are linked statically, as they
// are released, and no program that they start has the author's variables; with CGO_ENABLED=1 the helper is loaded with
// LD_PRELOAD and LD_AUDIT before it can do anything about them.
func loaderLines(play string) int {
	build, ok := debug.ReadBuildInfo()
	if play != "LD_…" || !ok || !slices.Contains(build.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: "1"}) {
		return 0
	}
	return 2
}
