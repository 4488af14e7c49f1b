package kubeconfig

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// redacted stands for a secret in everything that is printed.
const redacted = "REDACTED"

// secretName reports whether a field, flag or variable of this name holds a secret.
func secretName(name string) bool {
	name = strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(name))
	for _, suffix := range []string{"file", "path", "url", "uri", "endpoint", "name", "type", "id", "expiry", "expiration", "lifetime", "audience"} {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	for _, word := range []string{"token", "secret", "password", "passwd", "passphrase", "apikey", "privatekey", "accesskey", "clientkeydata", "credential", "assertion"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// secretValue reports whether a value is a secret by its form, whatever it is called.
func secretValue(value string) bool { return secretForm.MatchString(value) }

var (
	// secretForm matches JWTs, StackState's and some well-known services' tokens, and PEM private keys.
	secretForm = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|svctok-[A-Za-z0-9_-]+|` +
		`\b(ghp|gho|ghs|glpat|github_pat|xox[abp])[-_][A-Za-z0-9_-]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----`)
	uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	// assignment matches a field or variable in a comment: its name, what is between, and its value.
	assignment = regexp.MustCompile(`([A-Za-z][A-Za-z0-9_-]*)("?\s*[:=]\s*)(\S+)`)
)

// random reports whether a value looks drawn at random: long, of mixed characters, and neither a path, an address nor a
// UUID.
func random(value string) bool {
	if len(value) < 24 || strings.ContainsAny(value, " /\\:,") || uuidForm.MatchString(value) {
		return false
	}
	counts := map[rune]float64{}
	for _, r := range value {
		counts[r]++
	}
	entropy := 0.0
	for _, n := range counts {
		p := n / float64(len(value))
		entropy -= p * math.Log2(p)
	}
	return entropy > 3.8 && strings.ContainsAny(value, "0123456789") && strings.ToLower(value) != value
}

// redact replaces every secret in the text of a kubeconfig, those in fields unknown to client-go and in comments included.
func redact(data []byte) []byte {
	t, err := newText(data)
	if err != nil {
		return []byte(redacted)
	}
	root, err := parseNodes(data)
	if err != nil {
		return []byte(redacted)
	}
	p := &patch{text: t}
	if root != nil {
		if err := p.redact(root, t.documentEnd(root.Line-1), ""); err != nil {
			return []byte(redacted)
		}
	}
	visible, err := p.result()
	if err != nil {
		return []byte(redacted)
	}
	var out strings.Builder
	for line := range strings.Lines(string(visible)) {
		out.WriteString(redactComment(line))
	}
	return []byte(out.String())
}

// redact makes a splice for each secret below n, whose own field has the given name.
func (p *patch) redact(n *yaml.Node, limit int, name string) error {
	if n.Kind != yaml.MappingNode && n.Kind != yaml.SequenceNode {
		return nil
	}
	spans, err := p.text.spans(n, limit)
	if err != nil {
		return err
	}
	for i, s := range spans {
		called := name
		switch {
		case s.key != nil && s.key.Value == "value": // of a variable of exec.env, which is named beside it
			if sibling := get(n, "name"); sibling != nil {
				called = sibling.Value
			}
		case s.key != nil:
			called = s.key.Value
		case i > 0 && strings.HasPrefix(spans[i-1].value.Value, "-") && !strings.Contains(spans[i-1].value.Value, "="):
			called = spans[i-1].value.Value // a flag whose value is the next argument
		}
		if s.value.Kind != yaml.ScalarNode {
			if err := p.redact(s.value, s.end, called); err != nil {
				return err
			}
			continue
		}
		flag, _, isFlag := strings.Cut(s.value.Value, "=")
		hidden := secretName(called) || secretValue(s.value.Value) || s.key == nil && (isFlag && secretName(flag) || random(s.value.Value))
		if !hidden || s.value.Value == "" || slices.Contains([]string{"apiVersion", "kind", "command", "installHint"}, called) && !secretValue(s.value.Value) {
			continue
		}
		start := p.text.offset(s.value)
		if flow(n) {
			p.splices = append(p.splices, splice{start: start, end: s.end, text: `"` + redacted + `"`})
		} else if end, ok := p.text.inlineEnd(s); ok {
			p.splices = append(p.splices, splice{start: start, end: end, text: redacted})
		} else {
			p.splices = append(p.splices, splice{start: start, end: s.end, text: redacted + "\n"})
		}
	}
	return nil
}

// redactComment hides what looks like a secret in a comment, such as a line that was switched off.
func redactComment(line string) string {
	i := strings.Index(line, "#")
	if i < 0 {
		return line
	}
	comment := assignment.ReplaceAllStringFunc(line[i:], func(field string) string {
		if parts := assignment.FindStringSubmatch(field); secretName(parts[1]) {
			return parts[1] + parts[2] + redacted
		}
		return field
	})
	return line[:i] + secretForm.ReplaceAllString(comment, redacted)
}
