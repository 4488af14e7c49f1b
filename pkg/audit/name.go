package audit

import "strings"

// names judges what fields, flags and variables are called. It remembers its judgements: a file of a hundred thousand
// users has a dozen names.
type names struct{ known map[string]nameKind }

// nameKind is what the name of a field, flag or variable says of its value.
type nameKind int

const (
	unknownName nameKind = iota
	weakName             // such as "key": of a secret, or of a name for one
	secretName           // such as "password"
	aboutName            // such as "password-file", "region" and "client-id": what it names is not secret
)

func (n *names) kind(name string) nameKind {
	if kind, ok := n.known[name]; ok {
		return kind
	}
	if n.known == nil {
		n.known = map[string]nameKind{}
	}
	kind := judgeName(name)
	if len(n.known) < 1<<12 {
		n.known[name] = kind
	}
	return kind
}

// secretStems make a secret of a name wherever they are in it, and secretWords where they are one of its words, which
// weakWords do only if the value looks like a secret.
var (
	secretStems = []string{
		"token", "secret", "password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "apikey",
		"privatekey", "accesskey", "accountkey", "sharedkey", "signingkey", "encryptionkey", "masterkey", "authkey",
		"clientkeydata", "credential", "assertion", "bearer",
	}
	secretWords = []string{"pass", "pwd", "pw", "psk", "pat", "jwt", "otp", "totp", "pin", "sas", "sig", "cookie",
		"signature"}
	weakWords = []string{"key", "auth", "authorization", "authentication", "sid", "session", "creds",
		"cred", "login"}
	// aboutSuffixes say of a name that it is about a secret, or about something else, whatever is before them;
	// aboutWords do as the last word, and switches as any.
	aboutSuffixes = []string{
		"file", "path", "dir", "directory", "url", "uri", "endpoint", "name", "type", "id", "ids", "expiry",
		"expiration", "lifetime", "ttl", "timeout", "audience", "cache", "storage", "format", "version", "method",
		"mode", "scope", "scopes", "tokenkey", "expirykey", "env", "envvar", "stdin",
	}
	aboutWords = []string{
		"var", "variable", "ref", "host", "server", "address", "port", "issuer", "prefix", "header", "length",
		"size", "algorithm", "alg", "service", "provider", "namespace", "region", "zone", "location", "user",
		"command", "cmd", "helper", "plugin", "hint", "policy", "count", "enabled", "fd", "socket", "group", "groups",
		"store", "backend", "manager", "engine", "source", "binary", "exec", "profile", "arn", "field", "label",
		"class", "rotation", "interval", "expires", "duration", "cluster", "context", "project", "account", "tenant",
		"organization", "org", "domain", "realm", "role", "environment", "resource", "level", "output", "config",
		"kubeconfig", "identity", "on", "in", "at",
	}
	// digests say of a name that it is of a fingerprint, which everybody may see, unless that is of a password.
	digests = []string{"sha", "sha1", "sha224", "sha256", "sha384", "sha512", "md5", "digest", "checksum", "hash",
		"sum", "fingerprint", "thumbprint", "commit", "revision", "rev", "etag"}
	switches = []string{"use", "no", "skip", "disable", "enable", "force", "print", "show", "require", "through"}
)

func judgeName(name string) nameKind {
	words := wordsOf(name)
	for len(words) > 1 && strings.Trim(words[len(words)-1], "0123456789") == "" { // PASSWORD_2
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return unknownName
	}
	joined := strings.Join(words, "")
	if strings.HasSuffix(joined, "secretid") { // of Vault's AppRole, which is not a name but the secret
		return secretName
	}
	for _, suffix := range aboutSuffixes {
		if strings.HasSuffix(joined, suffix) {
			return aboutName
		}
	}
	if isOne(words[len(words)-1], aboutWords) {
		return aboutName
	}
	if isOne(words[len(words)-1], digests) && !strings.Contains(joined, "pass") && !strings.Contains(joined, "pw") {
		return aboutName
	}
	for _, word := range words {
		if isOne(word, switches) {
			return aboutName
		}
	}
	for _, stem := range secretStems {
		if strings.Contains(joined, stem) {
			return secretName
		}
	}
	for _, word := range words {
		if isOne(word, secretWords) || strings.HasSuffix(word, "pwd") || strings.HasSuffix(word, "pw") ||
			strings.HasSuffix(word, "pass") && word != "compass" && word != "bypass" {
			return secretName
		}
	}
	for _, word := range words {
		if isOne(word, weakWords) || strings.HasSuffix(word, "key") {
			return weakName
		}
	}
	return unknownName
}

func isOne(word string, of []string) bool {
	for _, w := range of {
		if w == word {
			return true
		}
	}
	return false
}

// wordsOf splits a name such as client-secret, CLIENT_SECRET and clientSecret into its words, in lower case.
func wordsOf(name string) (words []string) {
	start := -1
	end := func(i int) {
		if start >= 0 {
			words = append(words, strings.ToLower(name[start:i]))
		}
		start = -1
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !letter(c) && !digit(c) {
			end(i)
			continue
		}
		if start >= 0 && upper(c) && !upper(name[i-1]) {
			end(i)
		}
		if start < 0 {
			start = i
		}
	}
	end(len(name))
	return words
}

func upper(c byte) bool  { return c >= 'A' && c <= 'Z' }
func lower(c byte) bool  { return c >= 'a' && c <= 'z' }
func letter(c byte) bool { return upper(c) || lower(c) }
func digit(c byte) bool  { return c >= '0' && c <= '9' }
