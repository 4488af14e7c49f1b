package sts

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/satoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

const contexts = `
contexts:
- name: file
  context: {url: "https://file.example/", service-token: from-file, api-path: /file,
    ca-cert-base64-data: RklMRQ==, roles: [r]}
- name: insecure
  context: {url: "https://insecure.example", api-token: from-file, skip-ssl: true}
- name: sealed
  context: {url: "https://sealed.example", sealed-token: s1, sealed-token-kind: api-token}
- name: pod
  context: {url: "https://pod.example", k8s-sa-token-path: /token}
- name: account
  context: {url: "https://account.example", k8s-service-account: ns/robot, k8s-audiences: [a],
    kubeconfig: /kc, kube-context: kx}
- name: bare
  context: {url: "https://bare.example"}
current-context: file
`

func loadContexts(t *testing.T, content string) *stsconfig.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if content != "" {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := stsconfig.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// newFlags are flags with the tokens that values name.
func newFlags(values map[stackstate.Kind]string, set func(*globalFlags)) *globalFlags {
	g := &globalFlags{tokens: [3]tokenInput{{kind: stackstate.KindAPIToken}, {kind: stackstate.KindServiceToken},
		{kind: stackstate.KindKubernetesToken}}}
	for i := range g.tokens {
		g.tokens[i].value = values[g.tokens[i].kind]
	}
	if set != nil {
		set(g)
	}
	return g
}

func TestResolve(t *testing.T) {
	file := settings{
		context: "file", url: "https://file.example", sealedFor: "https://file.example/", apiPath: "/file",
		caBase64: "RklMRQ==", roles: []string{"r"},
		source: source{Kind: stackstate.KindServiceToken, Token: "from-file"},
	}
	with := func(change func(*settings)) settings {
		s := file
		change(&s)
		return s
	}
	for name, tc := range map[string]struct {
		tokens map[stackstate.Kind]string
		flags  func(*globalFlags)
		env    map[string]string
		config string
		want   settings
	}{
		"file": {want: file},
		"flags win over environment and file": {
			flags: func(g *globalFlags) { g.url, g.caPath = "https://flag.example//", "flag.pem" },
			env: map[string]string{"STS_CLI_URL": "https://env.example", "STS_CA_CERT_PATH": "env.pem",
				"STS_CLI_API_PATH": "/env"},
			want: with(func(s *settings) {
				s.url, s.caPath, s.apiPath = "https://flag.example", "flag.pem", "/env"
			}),
		},
		"a token of another kind hides the file's": {
			env:  map[string]string{"STS_CLI_API_TOKEN": "from-env"},
			want: with(func(s *settings) { s.source = source{Kind: stackstate.KindAPIToken, Token: "from-env"} }),
		},
		"a flag wins over the environment within a kind": {
			tokens: map[stackstate.Kind]string{stackstate.KindAPIToken: "from-flag"},
			env:    map[string]string{"STS_CLI_API_TOKEN": "from-env"},
			want:   with(func(s *settings) { s.source = source{Kind: stackstate.KindAPIToken, Token: "from-flag"} }),
		},
		"path of a Kubernetes token": {
			env: map[string]string{"STS_CLI_K8S_SA_TOKEN_PATH": "/env-token"},
			want: with(func(s *settings) {
				s.source = source{Kind: stackstate.KindKubernetesToken,
					Path: "/env-token"}
			}),
		},
		"context by environment": {
			env: map[string]string{"STS_CLI_CONTEXT": "sealed"},
			want: settings{context: "sealed", url: "https://sealed.example", sealedFor: "https://sealed.example",
				apiPath: "/api",
				source:  source{Kind: stackstate.KindAPIToken, Sealed: "s1"}},
		},
		"skip-ssl of the file cannot be undone": {
			flags: func(g *globalFlags) { g.context = "insecure" },
			env:   map[string]string{"STS_CLI_CONTEXT": "sealed", "STS_SKIP_SSL": "false"},
			want: settings{context: "insecure", url: "https://insecure.example", sealedFor: "https://insecure.example",
				apiPath: "/api", skipSSL: true,
				source: source{Kind: stackstate.KindAPIToken, Token: "from-file"}},
		},
		"file of a token": {
			flags: func(g *globalFlags) { g.context = "pod" },
			want: settings{context: "pod", url: "https://pod.example", sealedFor: "https://pod.example",
				apiPath: "/api",
				source:  source{Kind: stackstate.KindKubernetesToken, Path: "/token"}},
		},
		"service account, in another cluster": {
			flags: func(g *globalFlags) { g.context, g.kubeContext, g.audiences = "account", "other", []string{"b"} },
			want: settings{context: "account", url: "https://account.example", sealedFor: "https://account.example",
				apiPath: "/api",
				source: source{Kind: stackstate.KindKubernetesToken, Account: satoken.Request{
					ServiceAccount: "ns/robot", Audiences: []string{"b"}, Kubeconfig: "/kc", Context: "other"}}},
		},
		"no token: the pod's own": {
			flags: func(g *globalFlags) { g.context = "bare" },
			want: settings{context: "bare", url: "https://bare.example", sealedFor: "https://bare.example",
				apiPath: "/api",
				source:  source{Kind: stackstate.KindKubernetesToken, Path: podTokenPath, Default: true}},
		},
		"no file": {
			config: "-",
			env: map[string]string{"STS_CLI_URL": "https://env.example", "STS_CLI_SERVICE_TOKEN": "t",
				"STS_CLI_CONTEXT": "any"},
			want: settings{url: "https://env.example", apiPath: "/api",
				source: source{Kind: stackstate.KindServiceToken, Token: "t"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := contexts
			if tc.config == "-" {
				config = ""
			}
			got, err := resolve(newFlags(tc.tokens, tc.flags), func(name string) string { return tc.env[name] },
				loadContexts(t, config))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(settings{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		env    map[string]string
		config string
		code   int
	}{
		"unknown context although all is given": {map[string]string{"STS_CLI_CONTEXT": "x",
			"STS_CLI_URL": "https://e.example", "STS_CLI_API_TOKEN": "t"}, contexts, exitNoContext},
		"two kinds of token": {map[string]string{"STS_CLI_API_TOKEN": "t",
			"STS_CLI_SERVICE_TOKEN": "t"}, contexts, exitConfig},
		"token and path": {map[string]string{"STS_CLI_API_TOKEN": "t",
			"STS_CLI_K8S_SA_TOKEN_PATH": "p"}, contexts, exitConfig},
		"no URL":    {map[string]string{"STS_CLI_API_TOKEN": "t"}, "", exitConfig},
		"not a URL": {map[string]string{"STS_CLI_URL": "e.example"}, "", exitConfig},
		"not a boolean": {map[string]string{"STS_SKIP_SSL": "yes please"}, contexts,
			exitConfig},
	} {
		_, err := resolve(newFlags(nil, nil), func(name string) string { return tc.env[name] },
			loadContexts(t, tc.config))
		if code, _ := plugin.CodeOf(err); code != tc.code {
			t.Errorf("%s: %v, want exit code %d", name, err, tc.code)
		}
	}
}
