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
		if err := info.Write(io.Discard, token, expires); err != nil {
			b.Fatal(err)
		}
	}
}
