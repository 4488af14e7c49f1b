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
	{"svctok-", 8}, // StackState
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
	start, end = -1, -1
	if len(s) < 8 {
		return start, end
	}
	first := func(from, to int) {
		if from >= 0 && (start < 0 || from < start) {
			start, end = from, to
		}
	}
	first(jwtAt(s))
	if strings.Contains(s, "-----BEGIN ") {
		if m := pemForm().FindStringIndex(s); m != nil {
			first(m[0], m[1])
		}
	}
	for _, key := range privateKeys {
		if i := strings.Index(s, key); i >= 0 {
			from, to := i, i
			for from > 0 && base64Letter(s[from-1]) {
				from--
			}
			for to < len(s) && (base64Letter(s[to]) || s[to] == '=') {
				to++
			}
			first(from, to)
		}
	}
	for _, m := range marks {
		first(m.at(s))
	}
	return start, end
}

// jwtAt is the place of the first JWT, or -1.
func jwtAt(s string) (start, end int) {
	for at := 0; ; {
		i := strings.Index(s[at:], "eyJ")
		if i < 0 {
			return -1, -1
		}
		at += i
		if m := jwtForm().FindStringIndex(s[at:]); m != nil {
			return at, at + m[1]
		}
		at = max(at+3, tokenEnd(s, at)) // each letter is looked at once
	}
}

// at is the place of the first token that begins so, or -1.
func (m mark) at(s string) (start, end int) {
	for at := 0; ; {
		i := strings.Index(s[at:], m.begin)
		if i < 0 {
			return -1, -1
		}
		at += i
		end := tokenEnd(s, at)
		if (at == 0 || !letter(s[at-1]) && !digit(s[at-1])) && end-at-len(m.begin) >= m.more {
			return at, end
		}
		at += len(m.begin)
	}
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
	return passwordInURL(value) || authorization(value) || bootstrap().MatchString(value) || n.assigns(value) ||
		says(value)
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
		user, _, at := strings.Cut(after[:min(len(after), maxUserinfo)], "@")
		if at && !strings.ContainsAny(user, "/ ") && random(user) {
			return true
		}
		rest = after
	}
}

// maxUserinfo is how far after its scheme the "@" of a URL is looked for.
const maxUserinfo = 2 << 10

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
		named := containsFold(value[max(0, m[0]-32):m[0]], "authorization") || m[0] == 0 &&
			!wordForm().MatchString(credential)
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
		if start, end := n.flagged(text, begin, i); end > start {
			i = end
			if !found(start, end) {
				return
			}
			continue
		}
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
		kind := n.kind(name)
		if kind != secretName && kind != weakName {
			i = at
			continue
		}
		start, end, quoted := valueAt(text, spaces)
		if !colon && spaces > at && !quoted && !isSetting(text, begin, start, end) {
			// nothing is assigned, or a program compares
			i = at
			continue
		}
		i = at
		if end <= start {
			continue
		}
		value := text[start:end]
		if kind == weakName { // of several in one word each is looked at, but no more of it than tells
			value = value[:min(len(value), 256)]
		}
		if plain(value) || kind == weakName && !strong(value) {
			continue
		}
		if colon && !quoted && (prose(text, end, value) || talked(text[:begin], value) || isJQ(value)) {
			continue
		}
		i = end
		if !found(start, end) {
			return
		}
	}
}

// flagged is the place of the value after the flag whose name is at the given place: a login, or a password that is not
// a mere word, which prose has there. It is empty if there is none.
func (n *names) flagged(text string, begin, end int) (int, int) {
	dash := begin
	for dash > 0 && text[dash-1] == '-' {
		dash--
	}
	if dash == begin || end >= len(text) || text[end] != ' ' || dash > 0 && !isSpace(text[dash-1]) {
		return 0, 0
	}
	from, to, quoted := valueAt(text, skipSpaces(text, end))
	value, flag := text[from:to], text[dash:end]
	switch {
	case isOne(flag, loginFlags):
		if !loginForm(value) {
			return 0, 0
		}
	case n.kind(flag) != secretName || plain(value) || isFlag(value) || !quoted && wordForm().MatchString(value):
		return 0, 0
	}
	return from, to
}

// talked reports whether a word is part of a sentence about a secret, such as "rotate the token: quarterly".
func talked(before, value string) bool {
	words := strings.Fields(before[max(0, len(before)-64):])
	return len(words) > 0 && wordForm().MatchString(value) &&
		isOne(strings.ToLower(words[len(words)-1]), []string{"the", "a", "an", "your", "this", "that", "its", "each",
			"no"})
}

func skipSpaces(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// valueAt is where the value that begins at i begins and ends, without its quotes. What a shell or a template puts in
// its place, such as $(pass show token), may have spaces.
func valueAt(s string, i int) (start, end int, quoted bool) {
	if i < len(s) && (s[i] == '"' || s[i] == '\'' || s[i] == '`' && referenceEnd(s, i) == i) {
		if n := strings.IndexByte(s[i+1:], s[i]); n >= 0 {
			return i + 1, i + 1 + n, true
		}
		i++
	}
	for end = i; end < len(s) && strings.IndexByte(" \t\r\n\"';&,}#", s[end]) < 0; end++ {
		if after := referenceEnd(s, end); after > end {
			end = after - 1
		}
	}
	return i, end, false
}

// referenceEnd is the end of the reference that begins at i, such as ${TOKEN}, {{ .Token }}, $(pass show token) and the
// same between backticks; or i if none does, or it does not end.
func referenceEnd(s string, i int) int {
	closing := func(begin, end string) int {
		if n := strings.Index(s[i+len(begin):min(len(s), i+maxReference)], end); n >= 0 {
			return i + len(begin) + n + len(end)
		}
		return i
	}
	switch rest := s[i:]; {
	case strings.HasPrefix(rest, "${{"):
		return closing("${{", "}}")
	case strings.HasPrefix(rest, "{{"):
		return closing("{{", "}}")
	case strings.HasPrefix(rest, "${"):
		return closing("${", "}")
	case strings.HasPrefix(rest, "`"): // of one word it is a quotation, as in Markdown
		if end := closing("`", "`"); strings.ContainsAny(s[i:end], " \t") {
			return end
		}
	case strings.HasPrefix(rest, "$("):
		depth := 0
		for at := i + 1; at < len(s) && at < i+maxReference; at++ {
			switch s[at] {
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					return at + 1
				}
			}
		}
	}
	return i
}

// maxReference is how long a reference can be: a text of many that do not end is still read in time that grows with
// its length.
const maxReference = 1 << 9

// prose reports whether the text goes on with another word after a value, which has no digit as passwords have.
func prose(text string, end int, value string) bool {
	if word := strings.Trim(value, ".,!?"); isOne(strings.ToLower(word), remarks) {
		return true
	}
	if strings.ContainsAny(value, digits) && (len(value) > 3 || !numberForm().MatchString(value)) {
		return false
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
	"above", "missing", "unset", "invalid", "unknown", "encrypted", "string", "bool", "generated", "deprecated",
	"bearer", "basic", "oauth", "oidc", "jwt", "base64", "pem", "data", "file", "env", "valid", "value"}
