package audit

import (
	"math"
	"net/netip"
	"net/url"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// The form of a value says whether it is a secret whatever it is called (evident), whether it stands for another
// (placeholder), and whether it is harmless whatever it is called (plain) or unless it is called a secret (ordinary).

// stand-ins are values that say that they are none: what kubectl, we and others show instead of a secret, what
// documents and templates hold until somebody fills them in. A password "changeme" says that it is to be changed, and
// opens nothing that anybody keeps; it counts as one of them.
var standIns = []string{
	strings.ToLower(yamledit.Redacted), "dataomitted", "omitted", "null", "nil", "none", "undefined", "hidden",
	"masked", "removed", "censored", "sanitized", "secretvalue", "changeme", "changeit", "replaceme", "fillmein",
	"placeholder", "todo", "fixme", "tbd", "na", "empty",
}

// placeholder reports whether a value stands for another.
func placeholder(value string) bool {
	value = strings.TrimSpace(value)
	if !strings.ContainsAny(value, " \t") { // else backticks are a shell's
		value = strings.Trim(value, "`")
	}
	value = strings.Trim(value, "\"'")
	if value == "" || value == "~" || maskForm().MatchString(value) {
		return true
	}
	if len(value) <= 64 {
		bare := strings.Map(func(r rune) rune {
			if r < 0x80 && letter(byte(r)) {
				return r | 0x20
			}
			return -1
		}, value)
		if strings.Trim(value, "[](){}<>*_-!. /") != "" && isOne(bare, standIns) &&
			!strings.ContainsAny(value, digits) {
			return true
		}
		if judgeName(value) != unknownName && asksForOne(bare) {
			return true
		}
	}
	if cut, ok := strings.CutSuffix(strings.TrimSuffix(value, "…"), "..."); ok || cut != value ||
		partForm().MatchString(value) {
		return true // shown in part
	}
	for _, store := range stores {
		if strings.HasPrefix(value, store) {
			return true
		}
	}
	rest := reference().ReplaceAllStringFunc(value, func(found string) string {
		if strings.HasPrefix(found, "$") && !strings.HasPrefix(found, "${") && !strings.HasPrefix(found, "$(") &&
			!variable(found[1:]) {
			return found
		}
		// What a shell takes where the variable is not set stands there literally.
		if _, value, has := strings.Cut(found, ":-"); has && strings.HasPrefix(found, "${") {
			if value = strings.TrimSuffix(value, "}"); !placeholder(value) {
				return value
			}
		}
		return ""
	})
	return rest != value && strings.IndexFunc(rest, func(r rune) bool {
		return r >= 0x80 || letter(byte(r)) || digit(byte(r))
	}) < 0
}

// asksForOne reports whether the letters of a value ask for what is to stand there: YOUR_TOKEN, token-goes-here.
func asksForOne(bare string) bool {
	for _, verb := range []string{"your", "replace", "insert", "enter", "put", "paste", "add", "set", "fill", "provide",
		"changethis"} {
		if strings.HasPrefix(bare, verb) {
			return true
		}
	}
	return strings.HasSuffix(bare, "here") || strings.Contains(bare, "placeholder")
}

// namesItself reports whether a value is only what its field is called, in capitals, as documents have it:
// client-secret: CLIENT_SECRET.
func namesItself(name, value string) bool {
	if len(value) < len("TOKEN") || strings.ToUpper(value) != value || strings.ContainsAny(value, digits) ||
		!wordsOnly(value) {
		return false
	}
	return strings.HasSuffix(strings.Join(wordsOf(name), ""), strings.Join(wordsOf(value), ""))
}

const digits = "0123456789"

// variable reports whether a word after a dollar sign is the name of a variable rather than the rest of a password.
func variable(name string) bool {
	if strings.ToUpper(name) == name {
		return true
	}
	if strings.ContainsAny(name, digits) {
		return false
	}
	return judgeName(name) != unknownName || // also $clientSecret and $Token, as in PowerShell
		strings.ToLower(name) == name && (strings.Contains(name, "_") || name == "user" || name == "home")
}

// stores begin references to secrets that are kept elsewhere, or are encrypted.
var stores = []string{"op://", "ref+", "vault:", "vault://", "arn:", "ENC[", "env:", "env://", "file:", "@/", "@./",
	"keychain:", "keyring:", "secret://", "awssm://", "gcpsm://", "!vault", "$ANSIBLE_VAULT", "projects/"}

var (
	maskForm = onFirstUse(`^[*xX.•]{3,}$|x{8,}$|X{8,}$|\*{4,}$|•{4,}$`)
	// partForm matches what is shown in part: its beginning and its end.
	partForm = onFirstUse(`^[\w+/=-]{1,16}(\.\.\.|…)[\w+/=-]{1,16}$`)
	// reference matches what stands for a value in shells, templates and documentation.
	reference = onFirstUse("`[^`]*\\s[^`]*`|" +
		`\$__\w+\{[^}]*\}|%\{[^}]*\}|%\([A-Za-z_]\w*\)s|\[\[.*?\]\]|^\{[\w.]*\}$|` +
		`(?s:^\[[A-Za-z]+\(.*\)[^()]*\]$)|` + // an expression of Azure's templates
		`\$\{\{.*?\}\}|\$\{[^}]*\}|\$\([^()]*(\([^()]*\)[^()]*)*\)|\$[A-Za-z_]\w*|%[A-Za-z_]\w*%|\{\{.*?\}\}|` +
		`\{%.*?%\}|<%.*?%>|<[^<>]*>|#\{[^}]*\}#?|\(\([^()]*\)\)|@@?[A-Z_]+@@?|__[A-Z_]+__|` +
		`%[sdqv]|^\[[A-Za-z][A-Za-z _-]*\]$`)
)

// plain reports whether a value is not a secret whatever it is called: a path, a switch or a reference.
func plain(value string) bool {
	switch strings.ToLower(value) {
	case "true", "false", "yes", "no", "on", "off", "auto", "none", "null", "stdin", "-":
		return true
	}
	return placeholder(value) || path(value)
}

// path reports whether a value is a path. A base64 text, in which one letter of 64 is a slash, can look like one, and
// so can a password: a path has words.
func path(value string) bool {
	if fileForm().MatchString(value) {
		return true
	}
	if !pathForm().MatchString(value) || strings.ContainsAny(value, "+=") && base64Form().MatchString(value) {
		return false
	}
	parts := strings.FieldsFunc(value, func(r rune) bool { return r == '/' || r == '\\' })
	words := 0
	for _, part := range parts {
		if strings.Trim(part, "-._~:") == "" || wordForm().MatchString(part) {
			words++
		}
	}
	switch {
	case len(parts) == 1:
		return words == 1
	case words == 0:
		return false
	}
	return true
}

// encoded reports whether a value is base64 or the like by its letters.
func encoded(value string) bool {
	numbers, uppers, lowers := 0, 0, 0
	for i := range len(value) {
		switch c := value[i]; {
		case digit(c):
			numbers++
		case upper(c):
			uppers++
		case lower(c):
			lowers++
		}
	}
	return len(value) >= 20 && numbers >= 2 && uppers >= 4 && lowers >= 4 && base64Form().MatchString(value)
}

// random reports whether a value looks drawn at random: long, of mixed characters, and neither a path, an address nor a
// UUID.
func random(value string) bool {
	if len(value) >= 40 && hexForm().MatchString(value) {
		return true
	}
	if len(value) >= 32 && !path(value) && (encoded(value) || strings.ContainsAny(value, "/+") &&
		base64Form().MatchString(value) && strings.ContainsAny(value, digits) && strings.ToLower(value) != value) {
		return true
	}
	if len(value) < 24 || strings.ContainsAny(value, " /\\:,.") {
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
	return entropy > 3.8 && strings.ContainsAny(value, digits) && strings.ToLower(value) != value
}

// strong reports whether a value that is called a key, say, is one.
func strong(value string) bool {
	return random(value) || len(value) >= 16 && strings.ContainsAny(value, digits) && !dateForm().MatchString(value) &&
		!uuidForm().MatchString(value) && !plain(value) && !strings.ContainsAny(value, " :")
}

// ordinary reports whether a value that is not called a secret is not one by its form: a number, a UUID, a path, an
// address, words.
func ordinary(value string) bool {
	if plain(value) || numberForm().MatchString(value) || uuidForm().MatchString(value) ||
		wordForm().MatchString(value) {
		return true
	}
	if _, err := netip.ParseAddrPort(value); err == nil {
		return true
	}
	if u, err := url.Parse(value); err == nil && u.Scheme != "" && u.Host != "" && u.User == nil && u.RawQuery == "" &&
		u.Fragment == "" {
		return !random(strings.TrimPrefix(u.Path, "/"))
	}
	return hostForm().MatchString(value)
}

var (
	pathForm = onFirstUse(`^(~|~?/.*|\.\.?([/\\].*)?|[A-Za-z]:[\\/].*|\\\\.*|[\w.-]+([/\\][\w.-]+)+)$`)
	fileForm = onFirstUse(`^[\w./~\\:-]*\w\.(json|ya?ml|txt|pem|key|crt|cer|p12|pfx|jks|conf|cfg|ini|toml|env|` +
		`sh|py|exe|token|jwt|secret|creds?|kubeconfig)$`)
	base64Form = onFirstUse(`^[A-Za-z0-9+/_-]+=*$`)
	hexForm    = onFirstUse(`^([0-9a-f]+|[0-9A-F]+)$`)
	numberForm = onFirstUse(`^[0-9]+([.:][0-9]+)*(ns|us|ms|[smhdwKMG])?([0-9]+[ms])*$`)
	dateForm   = onFirstUse(`^(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]([^0-9]|$)`)
	uuidForm   = onFirstUse(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	wordForm   = onFirstUse(`^[._]?[A-Za-z]?[a-z]+([-_. ][A-Za-z]?[a-z]+)*$|^[A-Z]+([-_ ][A-Z]+)*$`)
	hostForm   = onFirstUse(`^[A-Za-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}(:[0-9]+)?$`)
)
