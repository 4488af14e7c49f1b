package jwtclaims_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-edge/kubectl-edge/pkg/jwtclaims"
)

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func jwt(payload string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		token string
		want  jwtclaims.Claims
	}{
		"all": {jwt(`{"iss":"i","sub":"s","email":"e","aud":["a","b"],"iat":1,"exp":2}`), jwtclaims.Claims{
			Issuer: "i", Subject: "s", Email: "e", Audience: []string{"a", "b"}, IssuedAt: time.Unix(1, 0),
			Expires: time.Unix(2, 0)}},
		"one audience":        {jwt(`{"aud":"a"}`), jwtclaims.Claims{Audience: []string{"a"}}},
		"one of a wrong type": {jwt(`{"sub":7,"email":"e","exp":"soon"}`), jwtclaims.Claims{Email: "e"}},
		"padded": {"e30." + base64.URLEncoding.EncodeToString([]byte(`{"sub":"s"}`)) + ".c",
			jwtclaims.Claims{Subject: "s"}},
		"an end after 2262": {jwt(`{"exp":9223372037}`), jwtclaims.Claims{Expires: time.Unix(9223372036, 0)}},
		"an end after 9999": {jwt(`{"exp":253402300800}`),
			jwtclaims.Claims{Expires: time.Unix(9223372036, 0)}},
		"an end that never comes":    {jwt(`{"exp":1e300}`), jwtclaims.Claims{Expires: time.Unix(9223372036, 0)}},
		"an end before 1970":         {jwt(`{"exp":-1}`), jwtclaims.Claims{}},
		"opaque":                     {"opaque", jwtclaims.Claims{}},
		"not base64":                 {"e30.%%%.c2ln", jwtclaims.Claims{}},
		"not an object":              {jwt(`[]`), jwtclaims.Claims{}},
		"more parts, as in RFC 7516": {"a.b.c.d.e", jwtclaims.Claims{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, jwtclaims.Read(c.token)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestLifetime(t *testing.T) {
	const requested, skew = 15 * time.Minute, time.Minute
	claims := func(iat, exp time.Duration) string {
		return jwt(fmt.Sprintf(`{"iat":%d,"exp":%d}`, now.Add(iat).Unix(), now.Add(exp).Unix()))
	}
	exp := func(exp time.Duration) string { return jwt(fmt.Sprintf(`{"exp":%d}`, now.Add(exp).Unix())) }
	for name, c := range map[string]struct {
		token string
		want  time.Duration
	}{
		"opaque":               {"opaque", requested},
		"exp and iat":          {claims(0, requested), requested},
		"the issuer is ahead":  {claims(skew, skew+requested), requested},
		"the issuer is behind": {claims(-skew, requested-skew), requested},
		"iat dated back":       {claims(-skew, requested), requested},
		"longer than asked":    {claims(0, time.Hour), requested},
		"shorter than asked":   {claims(0, skew), skew},
		"exp alone":            {exp(skew), skew},
		"exp alone, too long":  {exp(90 * 24 * time.Hour), requested},
		"exp alone, past":      {exp(-skew), -skew},
		"fractions":            {jwt(fmt.Sprintf(`{"exp":%d.5}`, now.Add(skew).Unix())), skew + 500*time.Millisecond},
		"exp before iat":       {claims(0, -skew), -skew},
		"no exp":               {jwt(`{"sub":"x"}`), requested},
		"exp is a string":      {jwt(`{"exp":"soon"}`), requested},
		"exp is far away":      {jwt(`{"exp":1e300}`), requested},
		"exp is negative":      {jwt(`{"exp":-1}`), requested},
	} {
		t.Run(name, func(t *testing.T) {
			if got := jwtclaims.Lifetime(c.token, now, requested).Sub(now); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(jwt(`{"iat":1,"exp":2}`))
	f.Add(jwt(`{"exp":1e18,"iat":9e18}`))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, token string) {
		for _, end := range []time.Time{jwtclaims.Read(token).Expires, jwtclaims.Lifetime(token, now, time.Hour)} {
			if _, err := end.MarshalJSON(); err != nil {
				t.Errorf("%q ends at %v, which cannot be stored: %v", token, end, err)
			}
			if !end.IsZero() && !time.Unix(0, end.UnixNano()).Equal(end) {
				t.Errorf("%q ends at %v, which nanoseconds cannot hold", token, end)
			}
		}
		if end := jwtclaims.Lifetime(token, now, time.Hour); end.After(now.Add(time.Hour)) {
			t.Errorf("%q ends at %v, later than was asked for", token, end)
		}
	})
}
