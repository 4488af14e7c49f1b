package audit

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

const plainConfig = "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {server: https://c.example}\n" +
	"contexts: []\nusers:\n- name: a\n  user:\n    token: sesame\n"

// placesOf audits a file as it is and in a folder, which must find the same, and returns the places.
func placesOf(t *testing.T, data string) []string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "file.yaml")
	writeFile(t, path, data, 0o600)
	var all [][]string
	for _, from := range []string{path, dir} {
		findings, err := Path(from)
		if err != nil {
			t.Fatal(err)
		}
		places := []string{}
		for _, f := range findings {
			places = append(places, fmt.Sprintf("%d %s|%s", f.Line, f.Kind, f.Entry))
		}
		all = append(all, places)
	}
	if diff := cmp.Diff(all[0], all[1]); diff != "" {
		t.Errorf("as a file and in a folder: -file +folder:\n%s", diff)
	}
	return all[0]
}

func indented(text string, by int) string {
	return strings.Repeat(" ", by) + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+strings.Repeat(" ", by)) +
		"\n"
}

// Kubeconfigs are found in what carries them.
func TestAuditLooksIntoManifests(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString([]byte(plainConfig))
	var wrapped strings.Builder
	for rest := b64; rest != ""; {
		n := min(len(rest), 76)
		wrapped.WriteString(rest[:n] + "\n")
		rest = rest[n:]
	}
	quoted, err := json.Marshal(plainConfig)
	if err != nil {
		t.Fatal(err)
	}
	secret := "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
	twice := base64.StdEncoding.EncodeToString([]byte(secret + "data:\n  config: " + b64 + "\n"))
	for name, c := range map[string]struct{ data, want string }{
		"Secret": {secret + "data:\n  config: " + b64 + "\n", "5 token|secret s config user a"},
		"stringData": {secret + "stringData:\n  config: |\n" + indented(plainConfig, 4),
			"15 token|secret s config user a"},
		"wrapped": {secret + "data:\n  config: |\n" + indented(wrapped.String(), 4),
			"5 token|secret s config user a"},
		"ConfigMap": {"kind: ConfigMap\nmetadata: {name: m}\ndata:\n  config: |-\n" + indented(plainConfig, 4),
			"14 token|configmap m config user a"},
		"List": {"kind: List\nitems:\n- kind: Secret\n  metadata: {name: s}\n  data: {config: " + b64 + "}\n",
			"5 token|secret s config user a"},
		"JSON": {`{"kind":"Secret","metadata":{"name":"s"},"data":{"config":"` + b64 + `"}}`,
			"1 token|secret s config user a"},
		"JSON's string": {`{"values":{"kubeconfig":` + string(quoted) + `}}`, "1 token|kubeconfig user a"},
		"second document": {"kind: Namespace\n---\n" + secret + "data:\n  config: " + b64 + "\n",
			"7 token|secret s config user a"},
		"Secret in a Secret": {secret + "data:\n  inner: " + twice + "\n",
			"5 token|secret s inner secret s config user a"},
		"not YAML":   {"{{ if .x }}\nKUBECONFIG_DATA=" + b64 + "\n{{ end }}\n", "2 token|user a"},
		"assignment": {"KUBECONFIG_DATA=" + b64 + "\n", "1 token|user a"},
		"Terraform":  {"output \"x\" { value = \"" + b64 + "\" }\n", "1 token|user a"},
		"argument": {"kind: ConfigMap\nmetadata: {name: m}\ndata:\n  run: x --kubeconfig-data=" + b64 + " --wait\n",
			"4 token|configmap m run user a"},
		"no padding": {"values:\n  kubeconfig: " + strings.TrimRight(b64, "=") + "\n", "2 token|kubeconfig user a"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]string{c.want}, placesOf(t, c.data)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What editors and shells of Windows write.
func TestAuditReadsUTF16(t *testing.T) {
	encode := func(order binary.AppendByteOrder, mark bool) string {
		var data []byte
		text := plainConfig
		if mark {
			text = "\ufeff" + text
		}
		for _, unit := range utf16.Encode([]rune(text)) {
			data = order.AppendUint16(data, unit)
		}
		return string(data)
	}
	for name, data := range map[string]string{
		"UTF-8 with a mark": "\ufeff" + plainConfig,
		"little endian":     encode(binary.LittleEndian, true),
		"big endian":        encode(binary.BigEndian, true),
		"without a mark":    encode(binary.LittleEndian, false),
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]string{"10 token|user a"}, placesOf(t, data)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What is not YAML is read by line.
func TestAuditReadsTemplatesByLine(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"Helm": {"users:\n{{- range .Values.users }}\n- name: {{ .name }}\n  user:\n    token: sesame\n{{- end }}\n",
			"5 token|"},
		"quoted": {"clusters: []\nusers:\n{% for u in users %}\n- {{ u }}\n    'client-key-data': \"c2VzYW1l\" # x\n",
			"5 client-key|"},
		"URL": {"clusters: []\nusers: []\n{{ x }}\n  - name: HTTPS_PROXY\n    value: http://u:pw@proxy:3128\n",
			"5 unknown-field|"},
		"comment": {"clusters: []\nusers: []\n{{ x }}\n# password: hunter2\n", "4 comment|"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]string{c.want}, placesOf(t, c.data)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	without := "clusters: []\nusers:\n{{ x }}\n- user:\n    token: {{ .token }}\n    password: <pw>\n"
	if got := placesOf(t, without); len(got) > 0 {
		t.Errorf("found %q in a template without a secret", got)
	}
}

// What is broken is read by line, and counted as not read.
func TestAuditOfABrokenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	writeFile(t, path, "users:\n- name: a\n  user:\n\ttoken: sesame\n", 0o600)
	findings, err := Path(path)
	if err == nil || len(findings) != 1 || findings[0].Line != 4 || findings[0].Kind != Token {
		t.Errorf("got %+v, %v", findings, err)
	}
}

// In a folder nothing is passed over that is found as a file.
func TestAuditOfFoldersFindsWhatItFindsInFiles(t *testing.T) {
	const user = "[{name: a, user: {token: sesame}}]\n"
	for name, data := range map[string]string{
		"single quotes": "'users': " + user,
		"double quotes": "\"users\": " + user,
		"space":         "users  : " + user,
		"flow":          "{apiVersion: v1, users: " + strings.TrimSpace(user) + "}\n",
		"tagged":        "!!str users: " + user,
		"explicit key":  "? users\n: " + user,
		"second":        "a: b\n---\nusers: " + user,
		"key alone":     "x:\n  client-key-data: c2VzYW1l\n",
		"CRLF":          strings.ReplaceAll(plainConfig, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			if got := placesOf(t, data); len(got) != 1 {
				t.Errorf("found %q", got)
			}
		})
	}
}

// A kubeconfig in a kubeconfig in a kubeconfig ends somewhere.
func TestAuditOfNestedKubeconfigsEnds(t *testing.T) {
	data := plainConfig
	for range 12 {
		data = "users: []\nclusters: []\nx: " + base64.StdEncoding.EncodeToString([]byte(data)) + "\n"
	}
	if got := placesOf(t, data); len(got) > 0 {
		t.Errorf("found %q", got)
	}
}

// A program that reads what comes from another.
func TestAuditReadsPipes(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		defer w.Close()
		_, _ = w.WriteString(plainConfig)
	}()
	findings, err := Input(r)
	if err != nil || len(findings) != 1 || findings[0].File != "-" {
		t.Errorf("got %+v, %v", findings, err)
	}
}

// The secrets of a cluster that are not kubeconfigs are not what is asked for.
func TestAuditOfFoldersPassesOverOtherSecrets(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "secret.yaml"), "kind: Secret\nmetadata: {name: s}\ndata:\n  password: "+
		"aHVudGVyMg==\n", 0o600)
	if findings, err := Path(dir); err != nil || len(findings) > 0 {
		t.Errorf("got %+v, %v", findings, err)
	}
}
