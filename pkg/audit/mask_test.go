package audit

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// checkMasked audits what a masked text still shows: nothing that is found is left in it.
func checkMasked(t *testing.T, data string) {
	t.Helper()
	findings, err := auditText([]byte(data), newUnpacking())
	if err != nil {
		return // what is not YAML is not shown at all
	}
	for _, f := range findings {
		if start, end := known(f.Entry + " " + f.Field); start >= 0 {
			t.Fatalf("the finding itself shows %q", (f.Entry + " " + f.Field)[start:end])
		}
	}
	masked := yamledit.Mask([]byte(data), Hidden, HideComment)
	left, err := auditText(masked, newUnpacking())
	if err != nil && strings.Contains(data, "*") {
		return // what stands where the anchor was does not matter
	}
	if err != nil || hashInValue(data) { // masking what looks like a comment takes the value's end away, too
		start, end := known(string(masked))
		if start >= 0 && !strings.Contains(string(masked[start:end]), yamledit.Redacted) {
			t.Fatalf("a secret is left of:\n%s\nmasked:\n%s", data, masked)
		}
		return
	}
	for _, f := range left {
		if !f.Kind.Setting() {
			t.Fatalf("%s is left in line %d (%s) of:\n%s\nmasked:\n%s\nfound before: %d", f.Kind, f.Line, f.Field, data,
				masked, len(findings))
		}
	}
}

// hashInValue reports whether there may be a value in a text with what looks like a comment.
func hashInValue(data string) bool {
	for line := range strings.Lines(data) {
		if before, _, found := strings.Cut(line, "#"); found && strings.ContainsAny(before, "\"'|>") &&
			strings.Count(before, "\"")%2 == 1 || found && strings.ContainsAny(before, "'|>") {
			return true
		}
	}
	return false
}

// words of which random kubeconfigs are made.
var vocabulary = []string{"hunter2", "Xk9fQePq7ZtW3mB8vLr2NyAa", "ghp_Xk9fQePq7ZtW3mB8vLr2NyAa",
	"eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.",
	"https://me:hunter2@x.example", "--password", "-p", "-u", "me:hunter2", "TOKEN=", "TOKEN", "password:", "token",
	"Bearer",
	"Authorization:", "$(", ")", "${", "}", "{{", "}}", "`", "pass show x", "$TOKEN", "REDACTED", "DATA+OMITTED",
	"<token>",
	"the", "of", "see", "/run/token", "secrets/token.txt", "key", "=", ":", ",", ";", "\\\"", "'", "#", " # ", "://",
	"@", "|",
	"-----BEGIN PRIVATE KEY-----", "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t", "users", "clusters", "H4sI",
	"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
	"sha256", "--token-env=X", "null", "~", "3fa85f64-5717-4562-b3fc-2c963f66afa6", "svctok-", "changeme", "user",
	"eyJ", "\\n", "%s"}

// Whatever is found is masked, in whatever place it stands.
func TestWhatIsFoundIsMasked(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	phrase := func() string {
		var b strings.Builder
		for range 1 + r.IntN(6) {
			b.WriteString(vocabulary[r.IntN(len(vocabulary))])
			if r.IntN(2) == 0 {
				b.WriteByte(' ')
			}
		}
		return b.String()
	}
	quoted := func() string { return `"` + strings.ReplaceAll(strings.TrimRight(phrase(), "\\"), "#", "") + `"` }
	fields := []string{"token", "password", "client-key-data", "username", "x", "exec.command", "tokenFile", "TOKEN",
		"note"}
	for range 4000 {
		var b strings.Builder
		for range r.IntN(3) {
			b.WriteString("# " + strings.ReplaceAll(phrase(), "\\n", " ") + "\n")
		}
		b.WriteString("clusters:\n- name: c\n  cluster: {server: " + quoted() + "}\nx-tool: {" + quoted() + ": " +
			quoted() + "}\n")
		b.WriteString("users:\n- name: " + quoted() + "\n  user:\n")
		for _, field := range fields {
			if r.IntN(3) == 0 {
				b.WriteString("    " + field + ": " + quoted() + " # " + strings.ReplaceAll(phrase(), "\\n", " ") +
					"\n")
			}
		}
		b.WriteString("    exec:\n      args: [" + quoted() + ", " + quoted() + ", " + quoted() +
			"]\n      env:\n      - name: " +
			quoted() + "\n        value: " + quoted() + "\n      - {value: " + quoted() + ", name: " + quoted() + "}\n")
		b.WriteString("      installHint: |\n        " + strings.ReplaceAll(phrase(), "\\n", "\n        ") + "\n")
		checkMasked(t, b.String())
	}
}

func FuzzMasked(f *testing.F) {
	for _, seed := range []string{plainConfig, "# ghp_Xk9fQePq7ZtW3mB8vLr2NyAa " + jwt(`{"a":1}`) + "\na: b\n",
		"users: [{name: a, user: {exec: {args: ['TOKEN=$(x y)z', '--password', \"${a b}c\"]}}}]\n",
		"a: &a {token: hunter2}\nusers: [{user: *a}, {user: {<<: *a}}]\n", "? ghp_Xk9fQePq7ZtW3mB8vLr2NyAa\n: b\n",
		"data: {config: aHVudGVyMg==}\nkind: Secret\n", "users:\n- user:\n    token: >-\n      a\n\n      b # c\n"} {
		f.Add(seed)
	}
	f.Fuzz(checkMasked)
}
