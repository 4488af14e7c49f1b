package execcredential

import (
	"io"
	"strings"
	"testing"
	"time"
)

func BenchmarkWrite(b *testing.B) {
	token, expires := strings.Repeat("x", 800), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		info, err := ParseInfo(`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",` +
			`"spec":{"interactive":true}}`)
		if err != nil {
			b.Fatal(err)
		}
		if err := info.Write(io.Discard, Credential{Token: token}, expires); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteCertificate(b *testing.B) {
	line := strings.Repeat("x", 64) + "\n"
	c, expires := Credential{Certificate: strings.Repeat(line, 10), PrivateKey: strings.Repeat(line, 3)}, time.Now()
	b.ReportAllocs()
	for b.Loop() {
		if err := (Info{}).Write(io.Discard, c, expires); err != nil {
			b.Fatal(err)
		}
	}
}
