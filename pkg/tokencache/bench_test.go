package tokencache

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
)

func benchEntry() Entry {
	e := testEntry()
	e.Token = strings.Repeat("x", 800) // about what an instance's JWT has
	return e
}

func BenchmarkGet(b *testing.B) {
	s, k := folder(dirs.Dirs{Cache: filepath.Join(b.TempDir(), "cache")}), KeyOf("test", "a")
	if err := s.Put(k, benchEntry()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Get(k, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetCertificate(b *testing.B) {
	s, k, e := folder(dirs.Dirs{Cache: filepath.Join(b.TempDir(), "cache")}), KeyOf("test", "a"), testCertificate()
	line := strings.Repeat("x", 64) + "\n"
	e.Certificate, e.PrivateKey = strings.Repeat(line, 10), strings.Repeat(line, 3)
	if err := s.Put(k, e); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Get(k, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLease(b *testing.B) {
	s, k, e := folder(dirs.Dirs{Cache: filepath.Join(b.TempDir(), "cache")}), KeyOf("test", "a"), benchEntry()
	if err := s.Put(k, e); err != nil {
		b.Fatal(err)
	}
	client := CurrentClient("")
	b.ReportAllocs()
	for b.Loop() {
		if s.Lease(k, client, e, now.Add(time.Second), now) {
			b.Fatal("refused")
		}
	}
}
