package audit

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// codedText is the text that a value is in base64, also in UTF-16, as PowerShell takes a command, and also in base64 of
// that in turn; or "".
func codedText(value string) string {
	if len(value) < 16 || len(value) > maxCoded || strings.ContainsAny(value[:16], " :{") {
		return ""
	}
	text := toUTF8(decoded(value))
	if len(text) == 0 || !printable(text) {
		return ""
	}
	if inner := codedText(string(text)); inner != "" {
		return inner
	}
	return string(text)
}

// maxCoded is how long a value may be that is decoded here: a command, not a bundle of certificates.
const maxCoded = 16 << 10

func printable(text []byte) bool {
	for _, c := range text {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(text)
}

// public64 reports whether a value is the base64 of a certificate or a public key, which everybody may see.
func public64(value string) bool {
	for _, begin := range []string{"-----BEGIN CERTIFICATE", "-----BEGIN PUBLIC KEY"} {
		text := base64.StdEncoding.EncodeToString([]byte(begin))
		if strings.HasPrefix(value, text[:len(begin)/3*4]) {
			start, _ := known(value)
			return start < 0
		}
	}
	return false
}
