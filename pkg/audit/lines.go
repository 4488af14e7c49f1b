package audit

import (
	"bytes"
	"strings"
)

// What does not parse, such as a template, is scanned line by line. Which entry a line is of cannot be known then.

// templated matches the marks of the languages of templates, and of Java's formats.
var templated = onFirstUse(`:\s\{[0-9](,[a-z]+)*\}|\{\{|\{%|<%|\$\{\{|#\{|\(\(|^\s*@@|\[\[ `)

func isTemplate(data []byte) bool { return templated().Match(data) }

// fieldLine is a line with one field, also an item's first, or commented out.
var fieldLine = onFirstUse(`^\s*(?:-\s+)*["']?([A-Za-z][A-Za-z0-9_.-]*)["']?\s*:\s+(.*?),?\s*$`)

// auditLines finds secrets by line. In a program or page, which has fields of its own with such names, only what is one
// by its form counts.
func auditLines(data []byte, onlyEvident bool) (findings []Finding) {
	s := &search{}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if kind, field := s.judgeLine(string(line), onlyEvident); kind != "" {
			findings = append(findings, Finding{Line: number, Field: field, Kind: kind,
				Advice: secret{kind: kind}.advice()})
		}
	}
	return findings
}

func (s *search) judgeLine(line string, onlyEvident bool) (Kind, string) {
	m := fieldLine().FindStringSubmatch(line)
	if m != nil {
		name, value := m[1], unquote(m[2])
		switch kind := fieldKind(name); {
		case placeholder(value):
		case kind != "" && (!onlyEvident || encoded(value) || random(value)):
			return kind, name
		case kind == "" && !onlyEvident && s.named(name, value):
			return UnknownField, name
		}
	}
	if start, _ := known(line); start >= 0 || !onlyEvident && (passwordInURL(line) || authorization(line)) {
		if m != nil {
			return UnknownField, m[1]
		}
		return UnknownField, ""
	}
	if !onlyEvident && s.inComment(line) {
		return Comment, ""
	}
	if !onlyEvident && m == nil && s.assigns(line) {
		return UnknownField, ""
	}
	return "", ""
}

// fieldKind is the kind of a secret in a field of a user.
func fieldKind(name string) Kind {
	switch name {
	case "token":
		return Token
	case "client-key-data":
		return ClientKey
	case "password":
		return Password
	case "client-secret":
		return AuthProvider
	}
	if strings.HasSuffix(name, "-token") { // of identity providers: that to refresh others, say
		return AuthProvider
	}
	return ""
}

// unquote is a value without its quotes and without a comment.
func unquote(value string) string {
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		if n := strings.IndexByte(value[1:], value[0]); n >= 0 {
			return value[1 : 1+n]
		}
	}
	if i := commentAt(value); i >= 0 {
		value = value[:i]
	}
	return strings.TrimSpace(value)
}
