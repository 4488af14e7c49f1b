package scripttest

import "testing"

func TestHoldsToken(t *testing.T) {
	for text, want := range map[string]bool{
		`{"token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IlpET0cifQ.eyJhdWQiOlsiZGVtbyJdfQ.c2ln"}`: true,
		"eyJleHAiOjE3OTU3MzIwMDZ9":                   true, // claims alone
		`"data": "4gzQeyJ9kX2pLw0aZq8mVt3Yb7Kd1RsN"`: false,
	} {
		if got := holdsToken(text); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
