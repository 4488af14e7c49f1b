package kubeconfig

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

const sesame = "open-sesame-1234" // a secret that no message may show

func TestHostileFilesAreRefused(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1,
			strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	user := "users:\n- name: me\n  user:\n    token: " + sesame + "\n"
	tests := map[string]struct{ data, want string }{
		"tab":                {user + "\tx: 1\n", "line 5: not valid YAML or JSON"},
		"unclosed":           {"users: [{name: me, user: {token: " + sesame, "not valid YAML or JSON"},
		"truncated JSON":     {`{"users":[{"name":"me","user":{"token":"` + sesame + `"`, "not valid YAML or JSON"},
		"unknown alias":      {user + "x: *" + sesame + "\n", "line 5: not valid YAML or JSON"},
		"duplicate key":      {user + "    token: other\n", `line 5: the key "token" is there twice`},
		"duplicate root key": {user + user, `line 5: the key "users" is there twice`},
		"duplicate entry":    {user + "- name: me\n  user: {}\n", `line 5: a second user named "me"`},
		"several documents":  {user + "---\n" + user, "several YAML documents"},
		"no mapping":         {"- " + sesame + "\n", "it is not a mapping"},
		"a mere word":        {sesame, "it is not a mapping"},
		"name of a list":     {"users:\n- name: [" + sesame + "]\n", "line 2: an item of users has no name"},
		"entries in mapping": {"users:\n  me: " + sesame + "\n", "an item of users has no name"},
		"token of a number": {"users:\n- name: me\n  user:\n    token: 123456789\n",
			"line 4: field users.user.token is not a string"},
		"token that is a mapping": {"users:\n- name: me\n  user:\n    token: {" + sesame + ": 1}\n",
			"line 4: field users.user.token is not a string"},
		"switch of YAML 1.1": {"users:\n- name: me\n  user:\n    username: yes\n    token: " + sesame + "\n",
			"line 4: field users.user.username is not a string"},
		"list that is a word": {"users:\n- name: me\n  user:\n    exec:\n      args: " + sesame + "\n",
			"line 5: field users.user.exec.args is not a list"},
		"argument that is a number": {"users:\n- name: me\n  user: {exec: {args: [" + sesame + ",\n    8080]}}\n",
			"line 4: field users.user.exec.args is not a string"},
		"variable that is a number": {"users:\n- name: me\n  user:\n    exec:\n      env:\n      - name: A\n" +
			"        value: 1\n", "line 7: field users.user.exec.env.value is not a string"},
		"by an alias": {"x: &x [" + sesame + "]\nusers:\n- name: me\n  user:\n    token: *x\n",
			"line 5: field users.user.token is not a string"},
		"merged": {"x: &x\n  token: 1\nusers:\n- name: me\n  user:\n    <<: *x\n",
			"line 2: field users.user.token is not a string"},
		"not a switch": {"clusters:\n- name: c\n  cluster:\n    insecure-skip-tls-verify: " + sesame + "\n",
			"line 4: field clusters.cluster.insecure-skip-tls-verify is not true or false"},
		"user that is a list": {"users:\n- name: me\n  user: [" + sesame + "]\n",
			"line 3: field users.user is not a mapping"},
		"name of a provider's field": {"users:\n- name: me\n  user:\n    auth-provider:\n      config:\n" +
			"        ghp_" + sesame + sesame + "abc: [1]\n",
			"line 6: field users.user.auth-provider.config.REDACTED is not a string"},
		"damaged base64": {"users:\n- name: me\n  user:\n    client-key-data: '" + sesame + "!'\n",
			"line 4: field users.user.client-key-data is not valid base64"},
		"damaged CA": {"clusters:\n- name: a\n  cluster: {server: x}\n- name: b\n  cluster:\n" +
			"    certificate-authority-data: |\n      " + sesame + "!\n",
			"line 6: field clusters.cluster.certificate-authority-data is not valid base64"},
		"another version":  {user + "apiVersion: v2\n", "line 5: apiVersion is not v1"},
		"another kind":     {user + "kind: Secret\napiVersion: v1\n", "line 5: kind is not Config"},
		"alias explosion":  {bomb, "line 10: it has more aliases than client-go loads"},
		"alias in itself":  {"x: &x\n  y: *x\n" + user, "line 2: an alias stands for what it is part of"},
		"UTF-16":           {"\xff\xfea\x00:\x00", "it is not UTF-8 text"},
		"NUL":              {"a: \x00\n", "it is not UTF-8 text"},
		"carriage returns": {"a: 1\rb: 2\r", "line 1 has a line break that is neither LF nor CRLF"},
		"next line":        {"a: 1\n# \u0085b: 2\n", "line 2 has a line break that is neither LF nor CRLF"},
		"too big":          {"#" + strings.Repeat("x", yamledit.MaxSize), "more than 64 MiB"},
		"too deep":         {strings.Repeat("[", 20000), "not valid YAML or JSON"},
		"key is a list":    {"[a]: " + sesame + "\n", "line 1: a key is not a word"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := edited(t, test.data, addEntry)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), sesame) {
				t.Errorf("error shows a secret: %v", err)
			}
		})
	}
}

// What cannot be edited without touching others is refused; what client-go understands it still reads.
func TestUneditableIsRefused(t *testing.T) {
	tests := map[string]struct {
		data string
		edit func(*api.Config)
	}{
		"anchor used by others": {"clusters:\n- &a\n  name: a\n  cluster: &c {server: https://a}\n- name: b\n  " +
			"cluster: *c\n", func(c *api.Config) { delete(c.Clusters, "a") }},
		"list is an alias": {"x: &x\n- name: a\n  cluster: {}\nclusters: *x\n",
			func(c *api.Config) { c.Clusters["b"] = &api.Cluster{} }},
		"entry is an alias": {"x: &x {name: a, cluster: {server: https://a}}\nclusters:\n- *x\n",
			func(c *api.Config) { c.Clusters["a"].Server = "https://b" }},
		"merged key cannot go": {"x: &x {token: a}\nusers:\n- name: a\n  user:\n    <<: *x\n    username: b\n",
			func(c *api.Config) { c.AuthInfos["a"].Token = "" }},
		"preferences": {"", func(c *api.Config) { c.Preferences.Colors = true }},
		"a quoted scalar unindents": {"contexts:\n- name: a\n  context:\n    namespace: \"x\n# y\"\n",
			func(c *api.Config) { c.Contexts["a"].Namespace = "z" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := edited(t, test.data, test.edit); err == nil {
				t.Errorf("no error, but:\n%s", got)
			}
		})
	}
}

func TestManyEntriesStayReadable(t *testing.T) {
	data := []byte("clusters: []\ncontexts: []\nusers: []\n")
	d, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	want := d.model.DeepCopy()
	for i := range 1000 {
		Entry{Name: fmt.Sprintf("c%d", i), Server: "https://x.example", CAData: bytes.Repeat([]byte("x"), 1500),
			User: ExecUser([]string{"x"}, "")}.Put(want)
	}
	data, _, err = d.apply(want)
	if err != nil {
		t.Fatal(err)
	}
	if d, err = parse(data); err != nil {
		t.Fatal(err)
	}
	if got := len(d.model.Clusters); got != 1000 {
		t.Errorf("got %d clusters, want 1000", got)
	}
}

func FuzzApply(f *testing.F) {
	for _, seed := range []string{annotated, "", "{}", `{"clusters":[]}`, "clusters:\n- {name: a}\n", "a: &a\n- *a\n",
		"? a\n: b\n", "clusters: !!seq []\n", "- \n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parse(data)
		if err != nil {
			return
		}
		want := d.model.DeepCopy()
		addEntry(want)
		for name := range want.Contexts {
			if name != "new" {
				Remove(want, name)
			}
		}
		d.apply(want) // must not panic; the result has been checked
		redact(data)
	})
}
