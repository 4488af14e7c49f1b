package audit

import (
	"encoding/base64"
	"strings"
)

// mark is how the tokens of a service begin, and at least so many letters follow.
type mark struct {
	begin string
	more  int
}

// marks are of well-known services. Those that other words begin with, too, need a letter that is not before them.
var marks = []mark{
	{"svctok-", 1}, // StackState
	{"ghp_", 16}, {"gho_", 16}, {"ghu_", 16}, {"ghs_", 16}, {"ghr_", 16}, {"github_pat_", 16}, {"glpat-", 16},
	{"gldt-", 16}, {"glrt-", 16}, {"xoxa-", 16}, {"xoxb-", 16}, {"xoxp-", 16}, {"xoxr-", 16}, {"xoxs-", 16},
	{"xapp-", 16}, {"sk_live_", 16}, {"rk_live_", 16}, {"sk-proj-", 16}, {"sk-ant-", 16}, {"AIza", 30}, {"ya29.", 16},
	{"hvs.", 20}, {"hvb.", 20}, {"hvr.", 20}, {"dop_v1_", 32}, {"doo_v1_", 32}, {"npm_", 30}, {"pypi-", 30},
	{"dckr_pat_", 16}, {"tskey-", 16}, {"AGE-SECRET-KEY-1", 30}, {"sha256~", 20}, {"k8s-aws-v1.", 16}, {"dapi", 32},
	{"ATATT3", 20}, {"shpat_", 20}, {"hf_", 30}, {"kubeconfig-user-", 30}, {"kubeconfig-u-", 30},
}

// tokenEnd is where a token that begins at the given place ends: the marks of base64, of JWTs and of Rancher's tokens
// are part of one.
func tokenEnd(s string, from int) int {
	i := from
	for i < len(s) && (letter(s[i]) || digit(s[i]) || strings.IndexByte("-_.~:+/=", s[i]) >= 0) {
		i++
	}
	return i
}

// privateKeys are how "PRIVATE KEY", of a PEM block, stands in base64: at each of three offsets.
var privateKeys = []string{"UFJJVkFURSBLRV", "BSSVZBVEUgS0VZ", "QUklWQVRFIEtFW"}

// known returns the place of the first secret in a text that is one by its form: a JWT, a private key, a token of a
// well-known service. It returns -1 if there is none.
func known(s string) (start, end int) {
	if len(s) < 8 {
		return -1, -1
	}
	for at := 0; ; {
		i := strings.Index(s[at:], "eyJ")
		if i < 0 {
			break
		}
		at += i
		if m := jwtForm().FindStringIndex(s[at:]); m != nil {
			return at, at + m[1]
		}
		at = max(at+3, tokenEnd(s, at)) // each letter is looked at once
	}
	if strings.Contains(s, "-----BEGIN ") {
		if m := pemForm().FindStringIndex(s); m != nil {
			return m[0], m[1]
		}
	}
	for _, key := range privateKeys {
		if i := strings.Index(s, key); i >= 0 {
			start, end := i, i
			for start > 0 && base64Letter(s[start-1]) {
				start--
			}
			for end < len(s) && (base64Letter(s[end]) || s[end] == '=') {
				end++
			}
			return start, end
		}
	}
	for _, m := range marks {
		i := strings.Index(s, m.begin)
		if i < 0 || i > 0 && (letter(s[i-1]) || digit(s[i-1])) {
			continue
		}
		if end := tokenEnd(s, i); end-i-len(m.begin) >= m.more {
			return i, end
		}
	}
	return -1, -1
}

func base64Letter(c byte) bool {
	return letter(c) || digit(c) || c == '+' || c == '/' || c == '-' || c == '_'
}

var (
	jwtForm = onFirstUse(`^eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`)
	pemForm = onFirstUse(`-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----`)
	// header matches the value of an Authorization header.
	header = onFirstUse(`(?i)\b(?:bearer|basic|token|digest|negotiate|apikey)\s+([A-Za-z0-9._~+/-]{4,}=*)`)
	// userinfo matches what is before the host of a URL, or of an address without a scheme.
	userinfo = onFirstUse(`(?:\w://|^|[\s"'=])([^\s/:@"']*):([^\s@"']+)@[\w\[.-]`)
	// bootstrap matches the tokens by which machines join a cluster, which kubeadm makes.
	bootstrap = onFirstUse(`^[a-z0-9]{6}\.[a-z0-9]{16}$`)
)

// evident reports whether a value is or holds a secret whatever it is called.
func (n *names) evident(value string) bool {
	if len(value) < 5 {
		return false
	}
	if i, _ := known(value); i >= 0 {
		return true
	}
	return passwordInURL(value) || authorization(value) || bootstrap().MatchString(value) || n.assigns(value)
}

// passwordInURL reports whether there is an address with a password in a value.
func passwordInURL(value string) bool {
	if !strings.Contains(value, "@") {
		return false
	}
	for _, m := range userinfo().FindAllStringSubmatch(value, -1) {
		password, has := m[2], true
		if rest, scheme := strings.CutPrefix(password, "//"); scheme { // what stands before it is no user
			_, password, has = strings.Cut(rest, ":")
		}
		if has && !placeholder(password) {
			return true
		}
	}
	// A token in place of a user name, as git takes it.
	for rest := value; ; {
		_, after, found := strings.Cut(rest, "://")
		if !found {
			return false
		}
		user, _, at := strings.Cut(after, "@")
		if at && !strings.ContainsAny(user, "/ ") && random(user) {
			return true
		}
		rest = after
	}
}

// authorization reports whether there is the value of an Authorization header in a value.
func authorization(value string) bool {
	if !strings.Contains(value, " ") {
		return false
	}
	for _, m := range header().FindAllStringSubmatchIndex(value, -1) {
		credential := value[m[2]:m[3]]
		if placeholder(credential) {
			continue
		}
		named := containsFold(value[:m[0]], "authorization") || m[0] == 0 && !wordForm().MatchString(credential)
		if named || random(credential) || userAndPassword(credential) {
			return true
		}
	}
	return false
}

func containsFold(s, lower string) bool { return strings.Contains(strings.ToLower(s), lower) }

// userAndPassword reports whether a value is both in base64, as basic authentication has them.
func userAndPassword(value string) bool {
	data, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(data) < 3 || strings.Count(string(data), ":") != 1 {
		return false
	}
	for _, c := range data {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

// assigns reports whether a value gives something that is called a secret a value: TOKEN=x, {"password": "x"},
// --password=x, https://host/?sig=x, AccountKey=x;.
func (n *names) assigns(value string) bool {
	if strings.IndexByte(value, '=') < 0 && strings.IndexByte(value, ':') < 0 {
		return false
	}
	found := false
	n.assignments(value, func(int, int) bool {
		found = true
		return false
	})
	return found
}

// assignments calls found with the place of each value in a text that something called a secret is given, until it
// returns false. It reads the text once. Prose, in which other words follow, is not an assignment, as in "the token:
// ask Ann".
func (n *names) assignments(text string, found func(start, end int) bool) {
	for i := 0; i < len(text); {
		if !letter(text[i]) && text[i] != '_' {
			i++
			continue
		}
		begin := i
		for i < len(text) && (letter(text[i]) || digit(text[i]) || strings.IndexByte("_-.", text[i]) >= 0) {
			i++
		}
		name := text[begin:i]
		at := i
		if at < len(text) && (text[at] == '"' || text[at] == '\'') {
			at++
		}
		at = skipSpaces(text, at)
		if at >= len(text) || text[at] != ':' && text[at] != '=' {
			continue
		}
		colon := text[at] == ':'
		at++
		if at < len(text) && text[at] == '=' { // :=, ==
			at++
		}
		if colon && strings.HasPrefix(text[at:], "//") { // a URL
			i = at
			continue
		}
		spaces := skipSpaces(text, at)
		if !colon && spaces > at { // nothing is assigned, or a program's text
			i = at
			continue
		}
		start, end, quoted := valueAt(text, spaces)
		i = at
		kind := n.kind(name)
		if end <= start || kind != secretName && kind != weakName {
			continue
		}
		value := text[start:end]
		if plain(value) || kind == weakName && !strong(value) {
			continue
		}
		if colon && !quoted && prose(text, end, value) {
			continue
		}
		i = end
		if !found(start, end) {
			return
		}
	}
}

func skipSpaces(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// valueAt is where the value that begins at i begins and ends, without its quotes.
func valueAt(s string, i int) (start, end int, quoted bool) {
	if i < len(s) && (s[i] == '"' || s[i] == '\'' || s[i] == '`') {
		if n := strings.IndexByte(s[i+1:], s[i]); n >= 0 {
			return i + 1, i + 1 + n, true
		}
		i++
	}
	for end = i; end < len(s) && strings.IndexByte(" \t\r\n\"'`;&,}#", s[end]) < 0; end++ {
		if strings.HasPrefix(s[end:], "${") || strings.HasPrefix(s[end:], "{{") { // a reference may have spaces
			if n := strings.IndexByte(s[end:], '}'); n >= 0 {
				end += n
				if end+1 < len(s) && s[end+1] == '}' {
					end++
				}
			}
		}
	}
	return i, end, false
}

// prose reports whether the text goes on with another word after a value, which has no digit as passwords have.
func prose(text string, end int, value string) bool {
	if strings.ContainsAny(value, digits) {
		return false
	}
	if wordForm().MatchString(value) && isOne(strings.ToLower(strings.Trim(value, ".,")), remarks) {
		return true
	}
	next := skipSpaces(text, end)
	if next == end || next >= len(text) || !letter(text[next]) {
		return end < len(text) && strings.IndexByte(",;", text[end]) >= 0 && next > end
	}
	i := next
	for i < len(text) && (letter(text[i]) || digit(text[i]) || strings.IndexByte("_-", text[i]) >= 0) {
		i++
	}
	i = skipSpaces(text, i)
	return i >= len(text) || text[i] != ':' && text[i] != '='
}

// remarks are what people write after the name of a secret instead of it.
var remarks = []string{"expired", "rotated", "revoked", "unused", "required", "optional", "see", "ask", "here", "below",
	"above", "missing", "unset", "invalid", "unknown", "encrypted", "string", "bool", "generated", "deprecated"}
