package stackit

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestParseError(t *testing.T) {
	const nginx = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 " +
		"Forbidden</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	for _, c := range []struct{ name, body, code, message string }{
		{"code as text", `{"code":"400","message":"Bad request"}`, "400", "Bad request"},
		{"code as number", `{"code":4711,"message":"Quota"}`, "4711", "Quota"},
		{"status as number", `{"status":401,"message":"Unauthenticated token"}`, "401", "Unauthenticated token"},
		{"timestamp and path", `{"timestamp":"2026-08-21T10:00:00Z","path":"/x","status":403,"error":"Forbidden",` +
			`"message":"Unauthorized"}`, "403", "Unauthorized"},
		{"numeric timestamp", `{"timeStamp":1787306400000,"path":"/x","status":403,"error":"Forbidden"}`, "403",
			"Forbidden"},
		{"message null", `{"code":null,"message":null,"error":"invalid_grant"}`, "", "invalid_grant"},
		{"nested", `{"error":{"code":16,"message":"expired"}}`, "16", "expired"},
		{"oauth", `{"error":"invalid_grant","error_description":"expired"}`, "", "expired"},
		{"problem details", `{"title":"Conflict","detail":"being changed","status":409}`, "409", "being changed"},
		{"no members known", `{"foo":1}`, "", ""},
		{"text", "Jwks doesn't have key to match kid or alg from Jwt", "",
			"Jwks doesn't have key to match kid or alg from Jwt"},
		{"quoted text", `"nope"`, "", `"nope"`},
		{"array", `[1,2]`, "", `[1,2]`},
		{"broken JSON", `{"message":`, "", `{"message":`},
		{"HTML", nginx, "", "403 Forbidden"},
		{"HTML without title", "<html><body>oops</body></html>", "", "an HTML page"},
		{"HTML entities", "<title>\n a &amp; b\n</title>", "", "a & b"},
		{"empty", "", "", ""},
		{"blank", " \r\n\t", "", ""},
		{"null", "null", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, message := parseError([]byte(c.body), "")
			if code != c.code || message != c.message {
				t.Errorf("got %q, %q; want %q, %q", code, message, c.code, c.message)
			}
		})
	}
}

func TestLine(t *testing.T) {
	const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
	for _, c := range []struct{ name, in, want string }{
		{"lines", "one\r\ntwo\n\n three", "one two three"},
		{"terminal controls", "\x1b[31mred\x1b[0m\a\x00", "[31mred [0m"},
		{"right-to-left override", "abc\u202edcba", "abc dcba"},
		{"invalid UTF-8", "a\xff\xfeb", "a b"},
		{"long", strings.Repeat("ab ", 1000), strings.Repeat("ab ", 100) + "…"},
		{"JWT", "token " + jwt + " expired", "token [redacted] expired"},
		{"JWT cut off", "token eyJhbGciOiJSUzI1NiJ9", "token [redacted]"},
		{"own token", "opaque-1234 refused (opaque-1234)", "[redacted] refused ([redacted])"},
		{"bearer", `got "Authorization: bearer abc.def", no`, `got "Authorization: bearer [redacted]", no`},
		{"opaque", "stec_" + strings.Repeat("A1b2", 10) + " is unknown", "[redacted] is unknown"},
		{"UUID stays", "project 12345678-ffff-4bcd-8fff-123456789abc", "project 12345678-ffff-4bcd-8fff-123456789abc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := line(c.in, "opaque-1234"); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 8, 21, 10, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                     0,
		"7":                    7 * time.Second,
		"-7":                   0,
		"soon":                 0,
		"99999999999999999999": 0,
		now.Add(time.Minute).Format(http.TimeFormat):  time.Minute,
		now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}

func TestAPIErrorText(t *testing.T) {
	for _, c := range []struct {
		err  APIError
		want string
	}{
		{APIError{Status: 403}, "edge.example:8443 answered 403 Forbidden"},
		{APIError{Status: 403, Message: "Forbidden"}, "edge.example:8443 answered 403 Forbidden"},
		{APIError{Status: 400, Code: "400", Message: "bad name"},
			"edge.example:8443 answered 400 Bad Request: bad name"},
		{APIError{Status: 400, Code: "4711", Message: "bad name"},
			"edge.example:8443 answered 400 Bad Request: bad name (code 4711)"},
		{APIError{Status: 599}, "edge.example:8443 answered 599"},
	} {
		c.err.URL = "https://edge.example:8443/v1beta1/projects"
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
