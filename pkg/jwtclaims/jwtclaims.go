// Package jwtclaims reads what a token says of itself, if it is a JWT (RFC 7519). Nothing is verified: that is for
// those who take the token. It is here to know when a token ends, whose it is and what it is for.
package jwtclaims

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"
)

// Claims are the claims of a JWT that matter here. What is absent or malformed is zero.
type Claims struct {
	Issuer   string
	Subject  string
	Email    string
	Audience []string
	IssuedAt time.Time
	Expires  time.Time
}

// Read reads the claims of a token. What is not a JWT has none.
func Read(token string) Claims {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Claims{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Claims{}
	}
	var raw struct { // each by itself, so that one of a wrong type leaves the others
		Issuer   json.RawMessage `json:"iss"`
		Subject  json.RawMessage `json:"sub"`
		Email    json.RawMessage `json:"email"`
		Audience json.RawMessage `json:"aud"`
		IssuedAt json.RawMessage `json:"iat"`
		Expires  json.RawMessage `json:"exp"`
	}
	if json.Unmarshal(payload, &raw) != nil {
		return Claims{}
	}
	c := Claims{
		Issuer: read[string](raw.Issuer), Subject: read[string](raw.Subject), Email: read[string](raw.Email),
		Audience: read[[]string](raw.Audience), IssuedAt: date(raw.IssuedAt), Expires: date(raw.Expires),
	}
	if one := read[string](raw.Audience); one != "" { // RFC 7519 §4.1.3 allows both forms
		c.Audience = []string{one}
	}
	return c
}

func read[T any](data json.RawMessage) (value T) {
	var v T
	if json.Unmarshal(data, &v) != nil {
		return value
	}
	return v
}

// latest is the last second that a time in nanoseconds since 1970 can hold, in the year 2262. What is said to end
// later, ends then: time.Time and RFC 3339 have limits of their own further on, at which arithmetic and encoding fail.
const latest = math.MaxInt64 / int64(time.Second)

// date reads a NumericDate of RFC 7519 §2: seconds since 1970, possibly with a fraction.
func date(data json.RawMessage) time.Time {
	seconds := read[float64](data)
	switch {
	case !(seconds > 0):
		return time.Time{}
	case seconds >= float64(latest):
		return time.Unix(latest, 0)
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9))
}

// Lifetime returns when a token ends that was requested at issued for a life of requested, by this machine's clock.
//
// A JWT says itself how long it lives: from iat to exp, by its issuer's clock. That span, counted from the request,
// survives a clock that differs from the issuer's. With exp alone that is the end. In both cases the requested life
// bounds it: for issuers that date iat back, and because what was not asked for is a mistake. A token that tells
// nothing ends when the request says so.
func Lifetime(token string, issued time.Time, requested time.Duration) time.Time {
	c := Read(token)
	end := issued.Add(requested)
	switch {
	case c.Expires.IsZero():
		return end
	case !c.IssuedAt.IsZero() && c.Expires.After(c.IssuedAt):
		return issued.Add(min(c.Expires.Sub(c.IssuedAt), requested))
	case c.Expires.Before(end):
		return c.Expires
	}
	return end
}
