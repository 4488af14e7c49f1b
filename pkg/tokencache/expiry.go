package tokencache

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"
)

// Expiry returns when a token ends that was requested at issued for a life of requested, by this machine's clock.
//
// A JWT (RFC 7519) says itself how long it lives: from iat to exp, by its issuer's clock. That span, counted from the
// request, survives a clock that differs from the issuer's; the requested life bounds it, for issuers that date iat back.
// With exp alone that is the end; a token that tells nothing ends when the request says so.
func Expiry(token string, issued time.Time, requested time.Duration) time.Time {
	claims := readClaims(token)
	exp, hasExp := claims.Expiry.time()
	iat, hasIat := claims.IssuedAt.time()
	switch {
	case hasExp && hasIat && exp.After(iat):
		return issued.Add(min(exp.Sub(iat), requested))
	case hasExp:
		return exp
	default:
		return issued.Add(requested)
	}
}

// ReadExpiry returns the exp claim of a JWT, unverified, and whether there is one.
func ReadExpiry(token string) (time.Time, bool) {
	return readClaims(token).Expiry.time()
}

type claims struct {
	Expiry   numericDate `json:"exp"`
	IssuedAt numericDate `json:"iat"`
}

// numericDate is RFC 7519's NumericDate: seconds since 1970, possibly with a fraction. Zero stands for absent.
type numericDate float64

func (d numericDate) time() (time.Time, bool) {
	if !(d > 0 && d < 1<<40) { // beyond is no date that time.Time and RFC 3339 can both hold
		return time.Time{}, false
	}
	seconds, fraction := math.Modf(float64(d))
	return time.Unix(int64(seconds), int64(fraction*1e9)), true
}

// readClaims reads the second part of a JWT. What is not a JWT has no claims.
func readClaims(token string) claims {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return claims{}
	}
	var c claims
	if json.Unmarshal(payload, &c) != nil {
		return claims{}
	}
	return c
}
