package fault

import (
	"maps"
	"slices"
	"strings"
)

// Presets returns the names of the presets that every API has, in order.
func Presets() []string { return slices.Sorted(maps.Keys(presets())) }

// preset returns one of them.
func preset(name string) Fault {
	f := presets()[name]
	if name == "huge" {
		f.Body = `{"token":"` + strings.Repeat("x", 16<<20) + `"}`
	}
	return f
}

// presets are the answers that STACKIT's gateways are known to give, and what can happen on the way.
func presets() map[string]Fault {
	const (
		json  = "application/json"
		plain = "text/plain"
		html  = "text/html"
	)
	page := func(title string) string {
		return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
			"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	}
	return map[string]Fault{
		"bad-request":     {Status: 400, ContentType: json, Body: `{"code":"400","message":"Bad request"}`},
		"invalid-grant":   {Status: 400, ContentType: json, Body: `{"error":"invalid_grant"}`},
		"unauthorized":    {Status: 401, ContentType: json, Body: `{"code":"401","message":"Authorization failed"}`},
		"unauthenticated": {Status: 401, ContentType: json, Body: `{"status":401,"message":"Unauthenticated token"}`},
		"unknown-key": {Status: 401, ContentType: plain,
			Body: "Jwks doesn't have key to match kid or alg from Jwt"},
		"unauthorized-html": {Status: 401, ContentType: "text/html; charset=utf-8", Body: page("Sign in to continue")},
		"forbidden": {Status: 403, ContentType: json, Body: `{"timestamp":"2026-08-21T10:00:00.000+00:00",` +
			`"path":"/","status":403,"error":"Forbidden","message":"Unauthorized"}`},
		"forbidden-html":  {Status: 403, ContentType: html, Body: page("403 Forbidden")},
		"not-found":       {Status: 404, ContentType: json, Body: `{"code":"404","message":"Not found"}`},
		"not-found-empty": {Status: 404},
		"conflict":        {Status: 409, ContentType: json, Body: `{"code":"409","message":"Conflict"}`},
		"too-many-requests": {Status: 429, ContentType: plain, Header: map[string]string{"Retry-After": "1"},
			Body: "local_rate_limited"},
		"internal-error":  {Status: 500, ContentType: json, Body: `{"code":500,"message":"Internal server error"}`},
		"bad-gateway":     {Status: 502, ContentType: html, Body: page("502 Bad Gateway")},
		"unavailable":     {Status: 503, ContentType: plain, Body: "no healthy upstream"},
		"gateway-timeout": {Status: 504, ContentType: plain, Body: "upstream request timeout"},
		"html":            {Status: 200, ContentType: html, Body: page("Sign in to the guest network")},
		"not-json":        {Status: 200, ContentType: json, Body: `{"token":`},
		"empty":           {Status: 200, ContentType: json},
		"huge":            {Status: 200, ContentType: json}, // its body is made when it is needed
		"hang":            {Hang: true},                     // nothing is done, and nothing answered
		"unanswered":      {CarriedOut: true, Hang: true},   // done, and never answered
		"cut":             {Cut: true},                      // nothing is done, and the connection ends
		"cut-body":        {Cut: true, Status: 200, ContentType: json, Body: `{"instances":[`},
		"lost-answer":     {CarriedOut: true, Cut: true}, // done, and then the connection ends
		// The real answer, and then the end of the connection: GOAWAY where that is HTTP/2.
		"goaway": {Header: map[string]string{"Connection": "close"}},
	}
}
