package kuberc

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const head = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n"

func TestAllow(t *testing.T) {
	const policy = "credentialPluginPolicy: Allowlist\n"
	const list = "credentialPluginAllowlist:\n- command: ours\n"
	for name, c := range map[string]struct{ in, want string }{
		"empty":    {"", head + policy + list},
		"comments": {"# mine", "# mine\n" + head + policy + list},
		"no policy": {head + "aliases:\n- name: g # get\n  command: get\n", head +
			"aliases:\n- name: g # get\n  command: get\n" + policy + list},
		"no last end": {head + "defaults: []", strings.TrimSuffix(head+"defaults: []\n"+policy+list, "\n")},
		"allow all": {"credentialPluginPolicy: AllowAll # for now\n" + head,
			"credentialPluginPolicy: Allowlist # for now\n" + head + list},
		"null":   {head + "credentialPluginPolicy:\n", head + policy + list},
		"quoted": {head + "credentialPluginPolicy: \"DenyAll\"\n", head + policy + list},
		"empty list": {head + policy + "credentialPluginAllowlist: [] # none\ndefaults: []\n", head + policy +
			"credentialPluginAllowlist: # none\n- command: ours\ndefaults: []\n"},
		"null list": {head + policy + "credentialPluginAllowlist:\n", head + policy + list},
		"there already": {head + policy + "credentialPluginAllowlist:\n  - name: ours\n", head + policy +
			"credentialPluginAllowlist:\n  - name: ours\n"},
		"other": {
			head + policy + "credentialPluginAllowlist:\n  - name: aws # theirs\n  # after\ndefaults: []\n",
			head + policy + "credentialPluginAllowlist:\n  - name: aws # theirs\n  - command: ours\n  # " +
				"after\ndefaults: []\n",
		},
		"two fields": {
			head + policy + "credentialPluginAllowlist:\n- name: aws\n  command: aws\n",
			head + policy + "credentialPluginAllowlist:\n- name: aws\n  command: aws\n- command: ours\n",
		},
		"JSON": {
			`{"apiVersion":"kubectl.config.k8s.io/v1beta1","kind":"Preference" , "x":[1, 2]}`,
			`{"apiVersion":"kubectl.config.k8s.io/v1beta1","kind":"Preference" , "x":[1, 2], ` +
				`"credentialPluginPolicy": "Allowlist", "credentialPluginAllowlist": [{"command":"ours"}]}`,
		},
		"flow list": {
			head + policy + "credentialPluginAllowlist: [{name: aws}] # theirs\ndefaults:   []\n",
			head + policy + "credentialPluginAllowlist: [{name: aws}, {\"command\":\"ours\"}] # theirs\ndefaults:   " +
				"[]\n",
		},
		"next line": {head + "credentialPluginPolicy:\n  AllowAll\n", head + "credentialPluginPolicy:\n  Allowlist\n" +
			list},
		"dash alone": {head + policy + "credentialPluginAllowlist:\n-\n  name: aws\n", head + policy +
			"credentialPluginAllowlist:\n-\n  name: aws\n- command: ours\n"},
		"end marker": {head + "...\n# end\n", head + policy + list + "...\n# end\n"},
		"odd indentation": {
			head + policy + "credentialPluginAllowlist:\n   -   name:   aws\n       # inner\n\n# after\n",
			head + policy + "credentialPluginAllowlist:\n   -   name:   aws\n       # inner\n   - command: ours\n\n# " +
				"after\n",
		},
		"anchors": {
			"x: &c {command: get}\n" + head + policy + "credentialPluginAllowlist:\n- *c\n",
			"x: &c {command: get}\n" + head + policy + "credentialPluginAllowlist:\n- *c\n- command: ours\n",
		},
		"other documents": {
			"# one\na:   1\n--- # two\n" + head + "...\n---\n- [three]\n",
			"# one\na:   1\n--- # two\n" + head + policy + list + "...\n---\n- [three]\n",
		},
		"CRLF": {
			strings.ReplaceAll(head+policy+"credentialPluginAllowlist:\n- name: aws\n", "\n", "\r\n"),
			strings.ReplaceAll(head+policy+"credentialPluginAllowlist:\n- name: aws\n- command: ours\n", "\n", "\r\n"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Allow([]byte(c.in), Command, []string{"ours"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(got), c.want); diff != "" {
				t.Error(diff)
			}
			again, err := Allow(got, Command, []string{"ours"})
			if err != nil || string(again) != string(got) {
				t.Errorf("a second time changes it: %v\n%s", err, again)
			}
			p, err := Read(got)
			if err != nil || !p.Restricts() || len(p.Allowed) == 0 || p.Allowed[len(p.Allowed)-1] != "ours" {
				t.Errorf("reads as %+v, %v", p, err)
			}
		})
	}
}

func TestAllowRefuses(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"older version": {"apiVersion: kubectl.config.k8s.io/v1alpha1\nkind: Preference\n",
			"first version that can hold a policy"},
		"something else": {"apiVersion: v1\nkind: Config\n", "first version that can hold a policy"},
		"not YAML":       {"a: [", "not valid YAML"},
		"a list":         {"- a\n", "first version that can hold a policy"},
		"older first": {"apiVersion: kubectl.config.k8s.io/v1alpha1\nkind: Preference\n---\n" + head,
			"first version that can hold a policy"},
		"no preference": {"a: 1\n---\nb: 2\n", "first version that can hold a policy"},
		"list's alias":  {head + "x: &x [{name: aws}]\ncredentialPluginAllowlist: *x\n", "cannot be edited"},
		"duplicate":     {head + "kind: Preference\n", ""},
		"anchor":        {head + "credentialPluginPolicy: &p AllowAll\nx: *p\n", "cannot be edited"},
		"null":          {"~", "cannot be edited"},
		"too big":       {head + "#" + strings.Repeat("x", maxSize), "1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Allow([]byte(c.in), Command, []string{"ours"})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, %v, want an error about %q", got, err, c.want)
			}
		})
	}
}

func TestFieldFor(t *testing.T) {
	for minor, want := range map[int]Field{35: Name, 36: Command, 40: Command} {
		if got, err := FieldFor(minor); got != want || err != nil {
			t.Errorf("1.%d: %q, %v", minor, got, err)
		}
	}
	if _, err := FieldFor(34); err == nil {
		t.Error("1.34: no error")
	}
}

// TestEntriesAreQuoted has a command that YAML would take for something else.
func TestEntriesAreQuoted(t *testing.T) {
	p, err := Read(New(Command, []string{"true", "a: b", "C:\\x"}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p.Allowed, []string{"true", "a: b", "C:\\x"}); diff != "" {
		t.Error(diff)
	}
}

func FuzzAllow(f *testing.F) {
	f.Add(head + "credentialPluginPolicy: AllowAll\n")
	f.Add(head + "credentialPluginAllowlist:\n- name: x\n")
	f.Fuzz(func(t *testing.T, in string) {
		got, err := Allow([]byte(in), Command, []string{"ours"})
		if err != nil {
			return
		}
		if p, err := Read(got); err != nil || !p.Restricts() {
			t.Errorf("%q: %+v, %v", got, p, err)
		}
	})
}
