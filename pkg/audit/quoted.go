package audit

import (
	"bytes"
	"path/filepath"
	"strings"
)

// A script that makes a kubeconfig has it as a text within, in a here document say. That is read as the kubeconfig that
// comes of it. In a program or a page it is an example more often than not: there only what is a secret by its form
// counts.

// topKey matches a line with a field of a kubeconfig's first level, as deep as the text stands in the script.
var topKey = onFirstUse(`^([ \t]*)["']?` +
	`(?:apiVersion|kind|clusters|contexts|users|current-context|preferences)["']?\s*:`)

// namedLikeScript reports whether a file of this name is run, and makes files.
func namedLikeScript(path string) bool {
	switch filepath.Ext(strings.ToLower(path)) {
	case ".sh", ".bash", ".zsh", ".fish", ".ps1", ".bat", ".cmd", ".tf", ".hcl", ".nix", ".groovy":
		return true
	}
	return false
}

// quotation is a text of YAML that stands in another.
type quotation struct {
	before int  // lines
	alone  bool // nothing but comments is before it
	text   []byte
}

// quotations are the kubeconfigs that stand in a text as they are, however deep.
func quotations(data []byte) (found []quotation) {
	var lines [][]byte
	for line := range bytes.Lines(data) {
		lines = append(lines, line)
	}
	alone := true
	for at := 0; at < len(lines); at++ {
		m := topKey().FindSubmatch(lines[at])
		if m == nil {
			bare := bytes.TrimSpace(lines[at])
			alone = alone && (len(bare) == 0 || bare[0] == '#' && !bytes.HasPrefix(bare, []byte("#!")))
			continue
		}
		q := quotation{before: at, alone: alone}
		for ; at < len(lines) && within(lines[at], m[1]); at++ {
			q.text = append(q.text, bytes.TrimPrefix(lines[at], m[1])...)
		}
		at-- // what ended it may begin another
		if alone = false; looksLikeKubeconfig(q.text) {
			found = append(found, q)
		}
	}
	return found
}

// quotesKubeconfig reports whether a text that is not YAML is something else with a kubeconfig in it, and not a
// kubeconfig that is broken.
func quotesKubeconfig(data []byte) bool {
	for _, q := range quotations(data) {
		if _, err := documents(q.text); err == nil && !q.alone {
			return true
		}
	}
	return false
}

// auditQuoted finds the secrets of the kubeconfigs that stand in a text.
func auditQuoted(data []byte, u unpacking) (findings []Finding) {
	if u.depth >= maxNested {
		return nil
	}
	for _, q := range quotations(data) {
		found, _ := auditText(q.text, u.deeper())
		for i := range found {
			found[i].Line += q.before
		}
		findings = append(findings, found...)
	}
	return findings
}

// within reports whether a line is part of a text of YAML that is indented so.
func within(line, indent []byte) bool {
	bare := bytes.TrimSpace(line)
	if len(bare) == 0 {
		return true
	}
	rest, deep := bytes.CutPrefix(line, indent)
	if !deep {
		return false
	}
	switch rest[0] {
	case ' ', '\t', '#', '-':
		return !bytes.HasPrefix(bare, []byte("---"))
	}
	return topKey().Match(rest) || fieldLine().Match(bare)
}
