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
var topKey = onFirstUse(`^([ \t]*)["']?(?:apiVersion|kind|clusters|contexts|users|current-context|preferences)["']?\s*:`)

// namedLikeScript reports whether a file of this name is run, and makes files.
func namedLikeScript(path string) bool {
	switch filepath.Ext(strings.ToLower(path)) {
	case ".sh", ".bash", ".zsh", ".fish", ".ps1", ".bat", ".cmd", ".tf", ".hcl", ".nix", ".groovy":
		return true
	}
	return false
}

// auditQuoted finds the secrets of the kubeconfigs that stand in a script.
func auditQuoted(data []byte, u unpacking) (findings []Finding) {
	if u.depth >= maxNested {
		return nil
	}
	var lines [][]byte
	for line := range bytes.Lines(data) {
		lines = append(lines, line)
	}
	for at := 0; at < len(lines); at++ {
		m := topKey().FindSubmatch(lines[at])
		if m == nil {
			continue
		}
		var text []byte
		begin := at
		for ; at < len(lines) && within(lines[at], m[1]); at++ {
			text = append(text, bytes.TrimPrefix(lines[at], m[1])...)
		}
		at-- // what ended it may begin another
		if !looksLikeKubeconfig(text) {
			continue
		}
		found, _ := auditText(text, u.deeper())
		for i := range found {
			found[i].Line += begin
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
