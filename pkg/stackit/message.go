package stackit

import (
	"bytes"
	"encoding/json"
	"html"
	"mime"
	"regexp"
	"strings"
	"unicode"
)

const (
	maxErrorBody = 64 << 10 // bytes of an error's body that are looked at
	maxMessage   = 300      // runes of it that are shown
)

// parseError finds the code and the message in the body of an error. The API, and the gateways in front of it, answer
// with JSON of several shapes, with text and with HTML.
func parseError(body []byte, token string) (code, message string) {
	body = bytes.TrimSpace(body[:min(len(body), maxErrorBody)])
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // a code as it was written
	switch {
	case decoder.Decode(&members) == nil:
		code = first(members, "code", "status")
		message = first(members, "message", "detail", "error_description", "error", "title")
		if inner, ok := members["error"].(map[string]any); ok && message == "" {
			code, message = first(inner, "code", "status"), first(inner, "message")
		}
	case bytes.HasPrefix(body, []byte("<")):
		message = title(string(body))
	default:
		message = string(body)
	}
	return line(code, token), line(message, token)
}

// isPage reports whether an answer is a web page. The API's are JSON; what its own gateway says is text.
func isPage(contentType string, body []byte) bool {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	return mediaType == "text/html" || mediaType == "application/xhtml+xml" ||
		bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// first returns the first of these members that is a text or a number.
func first(members map[string]any, names ...string) string {
	for _, name := range names {
		switch v := members[name].(type) {
		case string:
			if v != "" {
				return v
			}
		case json.Number:
			return v.String()
		}
	}
	return ""
}

// title returns an HTML page's title, which is all that error pages have to say.
func title(page string) string {
	m := regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`).FindStringSubmatch(page)
	if m == nil {
		return "an HTML page"
	}
	return html.UnescapeString(m[1])
}

// line makes one short line of s that is safe to print: no control or invisible characters, and nothing that is or may
// be a token, whether the given one, a JWT, what follows "Bearer", or any long run without a break.
func line(s, token string) string {
	if token != "" {
		s = strings.ReplaceAll(s, token, "[redacted]")
	}
	s = regexp.MustCompile(`(?i)(bearer\s+)[^\s"',]+`).ReplaceAllString(s, "${1}[redacted]")
	s = regexp.MustCompile(`eyJ[\w-]+(\.[\w-]*)*|[\w-]{40,}`).ReplaceAllString(s, "[redacted]")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxMessage {
		s = string(r[:maxMessage]) + "…"
	}
	return s
}
