package audit

import "strings"

// People write passwords into sentences, too: into the hint that shows where a helper is missing, into comments. Only
// what looks like a password there counts as one: what follows the word is a word of the sentence more often.

var (
	// saysPassword matches what a sentence gives as a password.
	saysPassword = onFirstUse(`(?i)\b(?:passwor[dt]|passwd|pass(?:phrase|code)?|pwd?|kennwort|token|secret)\s*` +
		"(?:\\s|\\bis\\b|\\bist\\b|\\blautet\\b|[:=])\\s*[\"'`“„]?([^\\s\"'`“”]+)")
	// saysLogin matches a user's name with a password behind a slash.
	saysLogin = onFirstUse(`(?i)(?:^|[\s"'(])(?:admin|administrator|root)\s?/\s?([^\s"'/]+)`)
	// sendsPassword matches what a script for expect types where it is asked for a password.
	sendsPassword = onFirstUse(`(?is)\bexpect\s[^;\n]*(?:assw|phrase|token)[^;\n]*[;\n{]\s*send\s+(?:--\s+)?` +
		`"([^"$\[\\]+)\\[rn]`)
	// authPair matches a user's name with a password as Python's requests take it.
	authPair = onFirstUse(`\bauth\s*=\s*\(\s*["'][^"']*["']\s*,\s*["']([^"']+)["']`)
	// technical matches words of the trade that have digits as passwords have.
	technical = onFirstUse(`(?i)oauth|sha-?[0-9]|md5|base(32|64)|utf-?(8|16)|x\.?509|saml|pbkdf|bcrypt|argon|` +
		`ssl|tls|http|k8s|ipv[46]|ed25519|rsa|aes|fido|webauthn|pkcs|rfc|iso|e2e|` +
		`[0-9](st|nd|rd|th|h|min|days?|chars?)$|[0-9]-|^v?[0-9]+((alpha|beta|rc)[0-9]*)?([._-][0-9a-z]+)*$`)
)

// says reports whether a text of several words gives away a password.
func says(text string) bool {
	if !strings.Contains(strings.TrimSpace(text), " ") {
		return false
	}
	for _, m := range saysPassword().FindAllStringSubmatch(text, -1) {
		if passwordLike(m[1]) {
			return true
		}
	}
	if strings.Contains(text, "/") {
		for _, m := range saysLogin().FindAllStringSubmatch(text, -1) {
			if passwordLike(m[1]) {
				return true
			}
		}
	}
	if strings.Contains(text, "send") {
		for _, m := range sendsPassword().FindAllStringSubmatch(text, -1) {
			if !plain(m[1]) {
				return true
			}
		}
	}
	if strings.Contains(text, "auth") {
		for _, m := range authPair().FindAllStringSubmatch(text, -1) {
			if !plain(m[1]) {
				return true
			}
		}
	}
	return false
}

// passwordLike reports whether a word of a sentence is a password rather than one of the language or the trade.
func passwordLike(word string) bool {
	word = strings.TrimRight(word, ".,;:)?")
	letters := strings.IndexFunc(word, func(r rune) bool { return r < 0x80 && letter(byte(r)) }) >= 0
	return len(word) >= 6 && len(word) <= 64 && letters && strings.ContainsAny(word, digits) &&
		!strings.ContainsAny(word, `/\()[]{}<>$=|`+"`") && !technical().MatchString(word) && !plain(word) &&
		!hostForm().MatchString(word) && !uuidForm().MatchString(word) && !numberForm().MatchString(word) &&
		!dateForm().MatchString(word)
}

// loginAlone reports whether a word that no flag announces is a user's name with a password. Much else has a colon,
// such as an image with its tag: so the name has to be a person's, or the password one by its letters, unless it is
// what a command to log in is given.
func loginAlone(value string, atLogin bool) bool {
	user, password, found := strings.Cut(value, ":")
	if !found || !loginForm(value) || strings.Contains(password, ":") || !passwordLike(password) {
		return false
	}
	name, host, mail := strings.Cut(user, "@")
	if !wordsOnly(name) || mail && !hostForm().MatchString(host) {
		return false
	}
	return atLogin || mail || strings.ContainsAny(password, "!#%^*&") ||
		isOne(strings.ToLower(user), []string{"me", "admin", "administrator", "root", "user"})
}

// isJQ reports whether a value is a path as jq takes it, which a program for it has behind each name.
func isJQ(value string) bool {
	return strings.HasPrefix(value, ".") && !strings.ContainsAny(value, digits) &&
		wordsOnly(value) && !strings.Contains(value, "..")
}

// isSetting reports whether a name and a value are all of a line, as in a file of settings.
func isSetting(text string, begin, start, end int) bool {
	line := strings.LastIndexByte(text[:begin], '\n') + 1
	rest, _, _ := strings.Cut(text[end:], "\n")
	return strings.Contains(text, "\n") && strings.TrimSpace(text[line:begin]) == "" &&
		strings.TrimSpace(rest) == "" && passwordLike(text[start:end])
}
