package audit

import (
	"math"
	"net/url"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Kind is how a kubeconfig holds a secret.
type Kind string

// The kinds of embedded secrets.
const (
	Token           Kind = "token"            // a bearer token
	ClientKey       Kind = "client-key"       // the private key of a client certificate
	Password        Kind = "password"         // of basic authentication
	AuthProvider    Kind = "auth-provider"    // in the configuration of a legacy authentication plugin
	ExecArgument    Kind = "exec-argument"    // of a credential helper; other users see it in the list of processes
	ExecEnvironment Kind = "exec-environment" // of a credential helper
	URL             Kind = "url"              // a user name or password in the URL of a proxy or server
	UnknownField    Kind = "unknown-field"    // in a field that client-go does not know, or an extension
	Comment         Kind = "comment"          // such as a line that was switched off
)

// secret is one scalar of a kubeconfig that holds a secret.
type secret struct {
	node  *yaml.Node
	kind  Kind
	entry string     // such as "user demo"; "" outside of the entries
	user  *yaml.Node // the content of the user it is part of, or nil
	field string     // such as "exec.env.TOKEN", below the entry
}

// findSecrets returns the secrets of one document, entry by entry.
func findSecrets(root *yaml.Node) []secret {
	s := &search{seen: map[*yaml.Node]bool{}}
	if root == nil || root.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i].Value, root.Content[i+1]
		inner := entryOf(key)
		if inner == "" || value.Kind != yaml.SequenceNode {
			s.walk(value, key, place{path: []string{key}})
			continue
		}
		for _, item := range value.Content {
			at := place{entry: inner + " " + nameOf(item)}
			if content := yamledit.Get(item, inner); content != nil && key == "users" {
				at.user = yamledit.Resolve(content)
			}
			s.walk(item, "", at)
		}
	}
	return s.found
}

// Secrets returns the scalars of one document that hold a secret, each once.
func Secrets(root *yaml.Node) (scalars []*yaml.Node) {
	for _, s := range findSecrets(root) {
		scalars = append(scalars, s.node)
	}
	return scalars
}

// entryOf is what an item of this list of a kubeconfig is called, which is also the key of its content; "" for other
// lists.
func entryOf(list string) string {
	switch list {
	case "clusters", "contexts", "users":
		return strings.TrimSuffix(list, "s")
	}
	return ""
}

// nameOf is the name of an item, "" if it has none.
func nameOf(item *yaml.Node) string {
	if name := yamledit.Get(yamledit.Resolve(item), "name"); name != nil {
		return textOf(name)
	}
	return ""
}

type search struct {
	found []secret
	seen  map[*yaml.Node]bool
}

// place is where the search is.
type place struct {
	entry string
	user  *yaml.Node
	path  []string
}

// walk searches n, whose field, flag or variable has the given name. It does not follow aliases, except to a scalar:
// what they name is searched where it stands.
func (s *search) walk(n *yaml.Node, name string, at place) {
	below := func(key string) place {
		at := at
		at.path = append(at.path[:len(at.path):len(at.path)], key)
		return at
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			key, value := n.Content[i].Value, n.Content[i+1]
			variable := yamledit.Get(n, "name")
			if key == "value" && variable != nil && variable.Kind == yaml.ScalarNode { // of exec.env
				s.walk(value, variable.Value, below(variable.Value))
			} else {
				s.walk(value, key, below(key))
			}
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			called := name
			if i > 0 && strings.HasPrefix(n.Content[i-1].Value, "-") && !strings.HasPrefix(item.Value, "-") &&
				!strings.Contains(n.Content[i-1].Value, "=") {
				called = n.Content[i-1].Value // a flag, whose value is the next argument
			}
			s.walk(item, called, at)
		}
	case yaml.AliasNode:
		if n.Alias.Kind == yaml.ScalarNode {
			s.walk(n.Alias, name, at)
		}
	case yaml.ScalarNode:
		if kind, ok := classify(n.Value, name, at); ok && !s.seen[n] {
			s.seen[n] = true
			s.found = append(s.found, secret{node: n, kind: kind, entry: at.entry, user: at.user,
				field: strings.Join(fieldPath(at), ".")})
		}
	}
}

// fieldPath is the path of a field below the content of its entry.
func fieldPath(at place) []string {
	if at.entry != "" && len(at.path) > 1 {
		return at.path[1:]
	}
	return at.path
}

// classify decides whether a value is a secret, and of which kind.
func classify(value, name string, at place) (Kind, bool) {
	if value == "" || placeholder(value) {
		return "", false
	}
	path := strings.Join(fieldPath(at), ".")
	hidden := secretName(name) && !plain(value) || secretValue(value)
	if at.user != nil {
		flag, rest, isFlag := strings.Cut(value, "=")
		switch {
		case path == "token":
			return Token, true
		case path == "client-key-data":
			return ClientKey, true
		case path == "password":
			return Password, true
		case strings.HasPrefix(path, "auth-provider.config."):
			return AuthProvider, hidden || urlPassword(value)
		case path == "exec.args":
			assigned := isFlag && secretName(flag) && !plain(rest) && !placeholder(rest)
			return ExecArgument, hidden || assigned || login(name, value) || random(value) || urlPassword(value)
		case strings.HasPrefix(path, "exec.env."):
			return ExecEnvironment, hidden || random(value) || urlPassword(value)
		}
	}
	if u, err := url.Parse(value); err == nil && u.User != nil && u.Host != "" {
		if _, has := u.User.Password(); has || path == "proxy-url" {
			return URL, true
		}
	}
	return UnknownField, hidden && !strings.HasSuffix(path, "certificate-authority-data") &&
		!strings.HasSuffix(path, "client-certificate-data")
}

// secretName reports whether a field, flag or variable of this name holds a secret.
func secretName(name string) bool {
	joined := strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
	if strings.HasSuffix(joined, "secretid") { // of Vault's AppRole, which is no name but the secret
		return true
	}
	for _, word := range []string{
		"file", "path", "dir", "url", "uri", "endpoint", "name", "type", "id", "ids", "expiry", "expiration",
		"lifetime", "ttl",
		"timeout", "audience", "cache", "storage", "format", "version", "method", "mode", "scope", "scopes", "tokenkey",
		"env", "envvar",
	} {
		if strings.HasSuffix(joined, word) {
			return false // it is about a secret
		}
	}
	for _, word := range []string{
		"token", "secret", "password", "passwd", "passphrase", "passcode", "apikey", "privatekey", "accesskey",
		"accountkey",
		"clientkeydata", "credential", "assertion",
	} {
		if strings.Contains(joined, word) {
			return true
		}
	}
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("-_.", r) })
	last := ""
	if len(words) > 0 {
		last = words[len(words)-1]
	}
	return last == "pass" || last == "pwd" || last == "pw"
}

// login reports whether an argument after this flag is a password, or a user name with one, as curl and others take
// them.
func login(flag, value string) bool {
	switch flag {
	case "-p":
		return !plain(value) && !uuidForm.MatchString(value) && !number.MatchString(value)
	case "-u", "--user":
		_, password, found := strings.Cut(value, ":")
		return found && password != "" && !placeholder(password)
	}
	return false
}

// plain reports whether a value is no secret whatever it is called: a path, a switch or a reference.
func plain(value string) bool {
	switch strings.ToLower(value) {
	case "true", "false", "yes", "no", "on", "off", "auto", "none", "null":
		return true
	}
	return placeholder(value) || pathForm.MatchString(value) && !encoded(value)
}

// placeholder reports whether a value stands for another: what kubectl and we show instead of a secret, and variables
// of shells, templates and documentation.
func placeholder(value string) bool {
	switch strings.TrimSpace(value) {
	case yamledit.Redacted, "DATA+OMITTED", "~", "null":
		return true
	}
	return reference.MatchString(value)
}

// encoded reports whether what could be a path is base64, in which one letter of 64 is a slash: a path has words.
func encoded(value string) bool {
	if strings.ContainsAny(value, "+=") && base64Form.MatchString(value) {
		return true
	}
	digits, upper, lower := 0, 0, 0
	for _, r := range value {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r >= 'A' && r <= 'Z':
			upper++
		case r >= 'a' && r <= 'z':
			lower++
		}
	}
	return len(value) >= 20 && base64Form.MatchString(value) && digits >= 2 && upper >= 4 && lower >= 4
}

// urlPassword reports whether a value is a URL with a password in it, or ends in one.
func urlPassword(value string) bool { return urlForm.MatchString(value) }

// secretValue reports whether a value is a secret by its form, whatever it is called.
func secretValue(value string) bool {
	return secretForm.MatchString(value) || strings.Contains(strings.ToLower(value), "authorization") &&
		bearer.MatchString(value)
}

var (
	// secretForm matches JWTs, StackState's and some well-known services' tokens, and PEM private keys.
	secretForm = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|svctok-[A-Za-z0-9_-]+|` +
		`\b(ghp|gho|ghs|glpat|github_pat|xox[abp])[-_][A-Za-z0-9_-]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----`)
	// bearer matches the value of an Authorization header.
	bearer = regexp.MustCompile(`(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/-]{6,}=*`)
	// pathForm matches absolute and relative paths, reference what stands for another value.
	pathForm  = regexp.MustCompile(`^(~|~?/.*|\.\.?(/.*)?|[A-Za-z]:[\\/].*|[\w.-]+(/[\w.-]+)+)$`)
	reference = regexp.MustCompile(`^(\$[A-Za-z_]\w*|\$\{[^}]*\}|\$\([^)]*\)|%[A-Za-z_]\w*%|\{\{.*\}\}|<[^<>]*>|` +
		`[*xX.]{3,})$`)
	base64Form = regexp.MustCompile(`^[A-Za-z0-9+/_-]+=*$`)
	urlForm    = regexp.MustCompile(`\w://[^\s/:@]*:[^\s/@]+@`)
	number     = regexp.MustCompile(`^[0-9]+$`)
	uuidForm   = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	// assignment matches a field or variable in a comment: its name, what is between, and its value, after which no
	// other word may follow: then it is prose.
	assignment = regexp.MustCompile(`([A-Za-z][A-Za-z0-9_-]*)("?\s*[:=]\s*)([^\s#]+)(\s*(?:$|[,` +
		`}#\n]|\s[A-Za-z][A-Za-z0-9_-]*\s*[:=]))`)
)

// random reports whether a value looks drawn at random: long, of mixed characters, and neither a path, an address nor a
// UUID.
func random(value string) bool {
	if len(value) < 24 || strings.ContainsAny(value, " /\\:,.") || uuidForm.MatchString(value) {
		return false
	}
	counts := map[rune]float64{}
	for _, r := range value {
		counts[r]++
	}
	entropy := 0.0 // bits per character
	for _, n := range counts {
		p := n / float64(len(value))
		entropy -= p * math.Log2(p)
	}
	return entropy > 3.8 && strings.ContainsAny(value, "0123456789") && strings.ToLower(value) != value
}

// HideComment replaces what looks like a secret in a line's comment, such as a field that was switched off.
func HideComment(line string) string {
	i := strings.Index(line, "#")
	if i < 0 {
		return line
	}
	comment := assignment.ReplaceAllStringFunc(line[i:], func(field string) string {
		parts := assignment.FindStringSubmatch(field)
		value := strings.Trim(parts[3], "\"',")
		if secretName(parts[1]) && !plain(value) {
			return parts[1] + parts[2] + yamledit.Redacted + parts[4]
		}
		return field
	})
	return line[:i] + secretForm.ReplaceAllString(comment, yamledit.Redacted)
}
