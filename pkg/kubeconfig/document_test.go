package kubeconfig

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd/api"
)

// edited applies an edit to the text of a kubeconfig.
func edited(t *testing.T, data string, edit func(*api.Config)) (string, error) {
	t.Helper()
	d, err := parse([]byte(data))
	if err != nil {
		return "", err
	}
	want := d.model.DeepCopy()
	edit(want)
	out, _, err := d.apply(want)
	return string(out), err
}

const annotated = `# my clusters
apiVersion: v1
kind: Config
x-tool: {keep: [me, 'too']} # unknown
clusters: # the clusters
# first
- name: one
  cluster:
    # where it is
    server: https://one.example   # trailing
    certificate-authority-data: &ca Q0E=
    x-unknown: 1
# second
- cluster:
    server: https://two.example
    certificate-authority-data: *ca
  name: two

# contexts follow
contexts:
  - context:
      cluster: one
      user: "me"
    name: 'one'
  # indented comment
current-context: one # now
users:
- name: me
  user:
    token: |
      abc
    # after the token
    as: someone
`

func setNamespace(name, namespace string) func(*api.Config) {
	return func(c *api.Config) { c.Contexts[name].Namespace = namespace }
}

func addEntry(c *api.Config) {
	Entry{Name: "new", Server: "https://new.example", CAData: []byte("CA"),
		User: ExecUser([]string{"--instance-id", "demo-3714d85"}, "install it")}.Put(c)
	c.CurrentContext = "new"
}

const newCluster = `- cluster:
    certificate-authority-data: Q0E=
    server: https://new.example
  name: new
`

const newUser = `- name: new
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      args:
      - --instance-id
      - demo-3714d85
      command: kubectl-edge_credential
      installHint: install it
      interactiveMode: IfAvailable
      provideClusterInfo: false
`

const newContext = `- context:
    cluster: new
    user: new
  name: new
`

func indented(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString("  " + line)
	}
	return out.String()
}

func TestApply(t *testing.T) {
	replace := func(pairs ...string) string {
		out := annotated
		for i := 0; i < len(pairs); i += 2 {
			if strings.Count(out, pairs[i]) != 1 {
				t.Fatalf("%q is not there once", pairs[i])
			}
			out = strings.Replace(out, pairs[i], pairs[i+1], 1)
		}
		return out
	}
	created := "apiVersion: v1\nclusters:\n" + newCluster + "contexts:\n" + newContext +
		"current-context: new\nkind: Config\nusers:\n" + newUser
	tests := map[string]struct {
		data string
		edit func(*api.Config)
		want string
	}{
		"nothing": {annotated, func(*api.Config) {}, annotated},
		"change a scalar": {annotated, func(c *api.Config) { c.Clusters["one"].Server = "https://uno" },
			replace("https://one.example   #", "https://uno   #")},
		"change an alias": {annotated,
			func(c *api.Config) { c.Clusters["two"].CertificateAuthorityData = []byte("x") }, replace("*ca", "eA==")},
		"add a field": {annotated, setNamespace("one", "ns"),
			replace("      user: \"me\"\n", "      user: \"me\"\n      namespace: ns\n")},
		"current-context": {annotated, func(c *api.Config) { c.CurrentContext = "other" },
			replace("current-context: one # now", "current-context: other # now")},
		"clear current-context": {annotated, func(c *api.Config) { c.CurrentContext = "" },
			replace("current-context: one # now", "current-context: \"\" # now")},
		"remove the second": {annotated, func(c *api.Config) { delete(c.Clusters, "two") },
			replace("- cluster:\n    server: https://two.example\n    certificate-authority-data: *ca\n  name: two\n",
				"")},
		"remove the only": {annotated, func(c *api.Config) { delete(c.Contexts, "one") },
			replace("  - context:\n      cluster: one\n      user: \"me\"\n    name: 'one'\n", "")},
		"token to exec": {annotated,
			func(c *api.Config) {
				c.AuthInfos["me"].Token = ""
				c.AuthInfos["me"].Exec = ExecUser(nil,
					"").Exec
			}, replace("    token: |\n      abc\n", "", "    as: someone\n",
				"    as: someone\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: "+
					"kubectl-edge_credential\n      interactiveMode: IfAvailable\n      provideClusterInfo: false\n")},
		"a new entry": {annotated, addEntry,
			replace("  name: two\n", "  name: two\n"+newCluster, "    name: 'one'\n",
				"    name: 'one'\n"+indented(newContext), "current-context: one #", "current-context: new #",
				"    as: someone\n", "    as: someone\n"+newUser)},
		"no file":               {"", addEntry, created},
		"only comments":         {"# mine\n", addEntry, "# mine\n" + created},
		"only a document start": {"---\n", addEntry, "---\n" + created},
		"no final newline":      {"# mine", addEntry, "# mine\n" + created},
		"null":                  {"null\n", addEntry, created + "\n"},
		"byte order mark":       {"\ufeff", addEntry, "\ufeff" + created},
		"byte order mark, content": {"\ufeffclusters: []\nkind: Config", func(c *api.Config) { c.CurrentContext = "ü" },
			"\ufeffclusters: []\nkind: Config\ncurrent-context: ü"},
		"byte order mark, JSON": {"\ufeff{\"current-context\":\"a\"}",
			func(c *api.Config) { c.CurrentContext = "b" }, "\ufeff{\"current-context\":\"b\"}"},
		"null and empty lists": {"clusters: null # none\ncontexts:   [] # neither\nusers:\n  # nor " +
			"here\ncurrent-context:\n", addEntry,
			"clusters: # none\n" + newCluster + "contexts: # neither\n" + newContext + "users:\n  # nor here\n" +
				newUser + "current-context: new\n"},
		"CRLF": {"clusters:\r\n- name: a\r\n  cluster:\r\n    server: https://a\r\n",
			func(c *api.Config) { c.Clusters["a"].ProxyURL = "https://p" },
			"clusters:\r\n- name: a\r\n  cluster:\r\n    server: https://a\r\n    proxy-url: https://p\r\n"},
		"no newline at the end of a list": {"contexts:\n- name: a\n  context: {cluster: a}",
			func(c *api.Config) { c.Contexts["b"] = &api.Context{Cluster: "b"} },
			"contexts:\n- name: a\n  context: {cluster: a}\n- context:\n    cluster: b\n    user: \"\"\n  name: b"},
		"flow item": {"contexts: [{name: a, context: {cluster: a, user: it's}}] # c\n",
			setNamespace("a", "n"), "contexts: [{name: a, context: {cluster: a, user: it's, \"namespace\": \"n\"}}] " +
				"# c\n"},
		"dash above": {"contexts:\n-\n  # c\n  name: a\n  context:\n    cluster: a\n- # d\n  name: b\n",
			func(c *api.Config) { delete(c.Contexts, "a") }, "contexts:\n- # d\n  name: b\n"},
		"ends inside of a block": {"users:\n- name: a\n  user:\n    token: |\n      abc", func(c *api.Config) {
			c.AuthInfos["b"] = &api.AuthInfo{Username: "me"}
			c.AuthInfos["a"].Impersonate = "x"
			c.CurrentContext = "c"
		}, "current-context: c\nusers:\n- name: b\n  user:\n    username: me\n- name: a\n  user:\n    as: x\n    " +
			"token: |\n      abc"},
		"ends inside of a block after a dash": {"contexts: []\nx:\n- token: |\n    abc",
			func(c *api.Config) { c.CurrentContext = "c" },
			"contexts: []\ncurrent-context: c\nx:\n- token: |\n    abc"},
		"empty document at the end": {"contexts:\n- name: a\n---\n",
			func(c *api.Config) { c.CurrentContext = "a" }, "contexts:\n- name: a\ncurrent-context: a\n---\n"},
		"nameless entry": {"users:\n- user: {token: x}\n- name: b\n",
			func(c *api.Config) { delete(c.AuthInfos, "b") }, "users:\n- user: {token: x}\n"},
		"remove at the end without a newline": {"a: 1\nusers:\n- name: a\n- name: b",
			func(c *api.Config) { delete(c.AuthInfos, "b") }, "a: 1\nusers:\n- name: a"},
		"end of document": {"contexts:\n- name: a\n...\n", func(c *api.Config) { c.CurrentContext = "a" },
			"contexts:\n- name: a\ncurrent-context: a\n...\n"},
		"merged key is overridden": {"x: &b {namespace: old}\ncontexts:\n- name: a\n  context:\n    <<: *b\n",
			setNamespace("a", "ns"), "x: &b {namespace: old}\ncontexts:\n- name: a\n  context:\n    <<: *b\n    " +
				"namespace: ns\n"},
		"JSON on one line": {`{"apiVersion":"v1","contexts":[{"name":"a","context":{"cluster":"a","user":"b"}},` +
			`{"name":"b","context":{}}],"x":[1, 2]}`, func(c *api.Config) {
			setNamespace("a", "n")(c)
			delete(c.Contexts, "b")
			c.Clusters["c"] = &api.Cluster{Server: "https://c"}
		}, `{"apiVersion":"v1","contexts":[{"name":"a","context":{"cluster":"a","user":"b", "namespace": "n"}}],` +
			`"x":[1, 2], "clusters": [{"cluster":{"server":"https://c"},"name":"c"}]}`},
		"JSON, remove all": {`{"contexts":[{"name":"a","context":{}}]}`,
			func(c *api.Config) { delete(c.Contexts, "a") }, `{"contexts":[]}`},
		"JSON, indented": {"{\n  \"contexts\": [\n    {\n      \"name\": \"a\"\n    }\n  ],\n  \"users\": []\n}\n",
			func(c *api.Config) {
				c.Contexts["b"] = &api.Context{Cluster: "b"}
				c.CurrentContext = "b"
			}, "{\n  \"contexts\": [\n    {\n      \"name\": \"a\"\n    },\n    {\n      \"context\": {\n        " +
				"\"cluster\": \"b\",\n        \"user\": \"\"\n      },\n      \"name\": \"b\"\n    }\n  ],\n  " +
				"\"users\": [],\n  \"current-context\": \"b\"\n}\n"},
		"quoted key without a value": {"\"current-context\":\n", func(c *api.Config) { c.CurrentContext = "b" },
			"\"current-context\": b\n"},
		"JSON, scalar": {`{"current-context":"a","x":1}`, func(c *api.Config) { c.CurrentContext = "b" },
			`{"current-context":"b","x":1}`},
		"JSON, empty": {"{}", func(c *api.Config) { c.CurrentContext = "b" },
			"{\"current-context\": \"b\"}"},
		"multi-line scalars": {"current-context: a\n  b\nx: 'Con\n\n  fig'\n",
			func(c *api.Config) { c.CurrentContext = "x" }, "current-context: x\nx: 'Con\n\n  fig'\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := edited(t, test.data, test.edit)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
