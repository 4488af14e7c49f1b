package audit

import (
	"bytes"
	"encoding/base64"
	"path/filepath"
	"strings"
)

// looksLikeKubeconfig reports whether a text names at least two of the three lists, however their keys are quoted, or
// users with a credential, or has a field that only kubeconfigs have; or whether it
// looks like a talosconfig, which counts as one here.
func looksLikeKubeconfig(data []byte) bool {
	if head := data[:min(len(data), 512)]; bytes.Count(head, []byte{0}) > len(head)/32 { // a program, say
		return false
	}
	if bytes.Contains(data, []byte("client-")) && dataKey().Match(data) {
		return true
	}
	if looksLikeTalosconfig(data) {
		return true
	}
	if !bytes.Contains(data, []byte("users")) && !bytes.Contains(data, []byte("contexts")) {
		return false
	}
	named := map[string]bool{}
	for _, m := range listKey().FindAllSubmatchIndex(data, -1) {
		if isWord(data[m[1]:]) {
			continue
		}
		named[string(data[m[2]:m[3]])] = true
		if len(named) >= 2 {
			return true
		}
	}
	return named["users"] && userKey().Match(data)
}

// isWord reports whether what stands behind a key is text, as in translations (users: Users), and not a list.
func isWord(value []byte) bool {
	value, _, _ = bytes.Cut(value, []byte("\n"))
	value = bytes.TrimLeft(bytes.TrimSpace(value), `"'`)
	return len(value) > 0 && letter(value[0]) && !bytes.HasPrefix(value, []byte("null"))
}

var (
	// A key may be the first on its line, also of a patch or a quotation, or in a flow mapping, or in a string of JSON
	// or a program.
	listKey = onFirstUse(`(?:^|[{,\s?+>-]|\\n)(?:!!str )?["']?(clusters|contexts|users)["']?\s*:`)
	dataKey = onFirstUse(`\bclient-(key|certificate)-data\\?["']?\s*[:=,]`)
	userKey = onFirstUse(`["']?\b(token|client-key-data|client-key|password|tokenFile|auth-provider|exec)["']?` +
		`\s*:`)
)

// signs are how the names of the lists stand in base64, at each of the three offsets.
var signs = signsOf("clusters", "contexts", "client-key-data", "users:\n-", "users:\n  -", `"users":`)

func signsOf(words ...string) (signs [][]byte) {
	for _, word := range words {
		for offset := range 3 {
			text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat(" ", offset) + word))
			// What depends on the bytes before and after is left out.
			begin := []int{0, 2, 3}[offset]
			signs = append(signs, []byte(text[begin:len(text)-2]))
		}
	}
	return signs
}

// embedsKubeconfig reports whether there is a kubeconfig in base64 in a text.
func embedsKubeconfig(data []byte) bool {
	for _, sign := range signs {
		if bytes.Contains(data, sign) {
			return true
		}
	}
	return false
}

// isManifest reports whether a text may have objects of Kubernetes that carry files.
func isManifest(data []byte) bool {
	return bytes.Contains(data, []byte("kind")) && (bytes.Contains(data, []byte("Secret")) ||
		bytes.Contains(data, []byte("ConfigMap")))
}

// namedLikeText reports whether a file of this name is a program or a page, which may quote a kubeconfig.
func namedLikeText(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	for _, of := range []string{".tmpl", ".tpl", ".gotmpl", ".j2", ".jinja", ".erb", ".in", ".orig"} {
		name = strings.TrimSuffix(name, of) // a template of a page
	}
	switch filepath.Ext(name) {
	case ".go", ".py", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".rs", ".java", ".kt", ".scala", ".groovy", ".c",
		".h", ".cc", ".cpp", ".hpp", ".cs", ".rb", ".php", ".pl", ".lua", ".swift", ".sh", ".bash", ".zsh", ".fish",
		".ps1", ".bat", ".cmd", ".tf", ".hcl", ".nix", ".md", ".mdx", ".markdown", ".rst", ".adoc", ".asciidoc",
		".html", ".htm", ".css", ".xml", ".svg", ".tex", ".org", ".ipynb", ".log", ".diff", ".patch", ".txtar", ".sql",
		".proto", ".vue", ".cast", ".map", ".mod", ".sum":
		return true
	}
	return false
}
