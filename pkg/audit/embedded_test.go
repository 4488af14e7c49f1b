package audit

import (
	"bytes"
	"compress/gzip"
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

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
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
		report, err := Path(from)
		if err != nil {
			t.Fatal(err)
		}
		places := []string{}
		for _, f := range report.Findings {
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
		"script": {"#cloud-config\nwrite_files:\n- content: " + base64.StdEncoding.EncodeToString([]byte(
			"#!/bin/sh\nPIN=1\nPASSWORD=$1 # password: see above\ncat <<EOF\n"+plainConfig+"EOF\n")) + "\n",
			"3 token|content user a"},
		"no padding": {"values:\n  kubeconfig: " + strings.TrimRight(b64, "=") + "\n", "2 token|kubeconfig user a"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]string{c.want}, placesOf(t, c.data)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Argo CD's Secrets of clusters are looked into, and those of other programs are not.
func TestAuditLooksIntoArgoCDsClusters(t *testing.T) {
	manifest := func(config string) string {
		return "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  server: aHR0cHM6Ly94\n  config: " +
			base64.StdEncoding.EncodeToString([]byte(config)) + "\n"
	}
	key := base64.StdEncoding.EncodeToString([]byte("-----BEGIN EC PRIVATE KEY-----\nMHcC"))
	const tls = `"tlsClientConfig": {"insecure": false, "caData": "LS0t"}`
	for config, want := range map[string][]string{
		`{"bearerToken": "hunter2", ` + tls + `}`:                             {"token|secret s config"},
		`{"tlsClientConfig": {"certData": "LS0t", "keyData": "` + key + `"}}`: {"client-key|secret s config"},
		`{"username": "me", "password": "hunter2", ` + tls + `}`:              {"password|secret s config"},
		`{"execProviderConfig": {"command": "x", "args": ["--password", "hunter2"]}}`: {
			"exec-argument|secret s config"},
		`{"execProviderConfig": {"command": "x", "env": {"CLIENT_SECRET": "hunter2"}}}`: {
			"exec-environment|secret s config"},
		`{"bearerToken": "<token>", ` + tls + `}`:                                     {},
		`{"awsAuthConfig": {"clusterName": "c", "roleARN": "arn:aws:iam::1:role/x"}}`: {},
		`{"execProviderConfig": {"command": "kubectl-edge_credential", "args": ["--project-id",
			"3fa85f64-5717-4562-b3fc-2c963f66afa6", "--region", "eu01", "--instance-id", "demo-3714d85"]}}`: {},
		`{"auths": {"r.example": {"username": "me", "password": "hunter2"}}}`: {},
		`{"username": "me", "password": "hunter2", "host": "db.example"}`:     {},
	} {
		got := []string{}
		for _, place := range placesOf(t, manifest(config)) {
			line, rest, _ := strings.Cut(place, " ")
			if got = append(got, rest); line != "6" {
				t.Errorf("found on line %s, want 6: %s", line, config)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", config, diff)
		}
	}
	report, err := Input(strings.NewReader("kind: Secret\nmetadata: {name: s}\nstringData:\n  config: |\n    {\n" +
		"      \"bearerToken\": \"hunter2-hunter2\"\n    }\n"))
	if err != nil || len(report.Findings) != 1 {
		t.Fatalf("found %v, %v", report.Findings, err)
	}
	if f := report.Findings[0]; f.Line != 6 || f.Field != "bearerToken" || !strings.Contains(f.Advice, "argocd") {
		t.Errorf("found %+v", f)
	}
}

func compressed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Kubeconfigs are compressed in cloud-init's data, in Helm's releases, and as files.
func TestAuditLooksIntoWhatIsCompressed(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	secret := "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
	plain := b64(plainConfig)
	packed := b64(compressed(t, plainConfig))
	whole := compressed(t, plainConfig)
	release, err := json.Marshal(map[string]any{"name": "r", "config": map[string]any{"kubeconfig": plainConfig},
		"manifest": "kind: Secret\nmetadata: {name: inner}\ndata:\n  config: " + plain + "\n"})
	if err != nil {
		t.Fatal(err)
	}
	chart := b64(b64(compressed(t, string(release))))
	for name, c := range map[string]struct {
		data string
		want []string
	}{
		"a file":         {compressed(t, plainConfig), []string{"10 token|user a"}},
		"a damaged file": {whole[:len(whole)-8], []string{"10 token|user a"}},
		"a Secret":       {secret + "data:\n  config: " + packed + "\n", []string{"5 token|secret s config user a"}},
		"compressed twice": {secret + "data:\n  config: " + b64(compressed(t, packed)) + "\n",
			[]string{"5 token|secret s config user a"}},
		"tagged": {"write_files:\n- path: /x\n  content: !!binary " + packed + "\n",
			[]string{"3 token|content user a"}},
		"cloud-init": {"#cloud-config\nwrite_files:\n- encoding: gz+b64\n  content: " + packed + "\n",
			[]string{"4 token|content user a"}},
		"a script": {"echo " + packed + " | base64 -d | gunzip > ~/.kube/config\n", []string{"1 token|user a"}},
		"Helm": {secret + "data:\n  release: " + chart + "\n", []string{
			"5 token|secret s release kubeconfig user a", "5 token|secret s release manifest user a"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, placesOf(t, c.data)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What unpacks to more than anybody reads is counted as not read.
func TestAuditEndsOnWhatUnpacksToTooMuch(t *testing.T) {
	bomb := compressed(t, strings.Repeat(strings.Repeat("x", 1023)+"\n", yamledit.MaxSize>>10+1))
	path := filepath.Join(t.TempDir(), "config")
	item := "\n  x: " + base64.StdEncoding.EncodeToString([]byte(bomb))
	for name, data := range map[string]string{"a file": bomb,
		"in a kubeconfig": plainConfig + "x-data:" + strings.ReplaceAll(strings.Repeat(item, 2), "x:", "y:")} {
		t.Run(name, func(t *testing.T) {
			writeFile(t, path, data, 0o600)
			_, err := Path(path)
			if err == nil || !strings.Contains(err.Error(), "unpacked it has more than 64 MiB") {
				t.Errorf("got error %v", err)
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
		"UTF-32":            wider(binary.LittleEndian, "\ufeff"+plainConfig),
		"UTF-32, big":       wider(binary.BigEndian, "\ufeff"+plainConfig),
		"UTF-32, no mark":   wider(binary.LittleEndian, plainConfig),
		"no mark, umlauts":  strings.Replace(encode(binary.LittleEndian, false), "c\x00.\x00e", "c\x00.\x01e", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]string{"10 token|user a"}, placesOf(t, data)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func wider(order binary.AppendByteOrder, text string) string {
	var data []byte
	for _, r := range text {
		data = order.AppendUint32(data, uint32(r))
	}
	return string(data)
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
	report, err := Path(path)
	if err == nil || len(report.Findings) != 1 || report.Findings[0].Line != 4 || report.Findings[0].Kind != Token {
		t.Errorf("got %+v, %v", report.Findings, err)
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
	report, err := Input(r)
	if err != nil || len(report.Findings) != 1 || report.Findings[0].File != "-" {
		t.Errorf("got %+v, %v", report.Findings, err)
	}
}

// The secrets of a cluster that are not kubeconfigs are not what is asked for.
func TestAuditOfFoldersPassesOverOtherSecrets(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "secret.yaml"), "kind: Secret\nmetadata: {name: s}\ndata:\n  password: "+
		"aHVudGVyMg==\n", 0o600)
	if report, err := Path(dir); err != nil || len(report.Findings) > 0 {
		t.Errorf("got %+v, %v", report.Findings, err)
	}
}
