package transport

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is parsed in parts is what Go's own pool takes, of every kind of text and however many parts there are.
func TestPoolOf(t *testing.T) {
	one, other := bundled(t), bundled(t)
	header := bytes.Replace(one, []byte("-----\n"), []byte("-----\nName: value\n\n"), 1)
	broken := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no certificate")})
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("no certificate")})
	for name, text := range map[string][]byte{
		"empty": nil, "no PEM": []byte("text\n"), "one": one, "two": append(bytes.Clone(one), other...),
		"the same twice":    append(bytes.Clone(one), one...),
		"text around them":  slicesOf("# first\n", one, "\n\n# second\n", other, "the end"),
		"no line break":     bytes.TrimSpace(one),
		"CRLF":              bytes.ReplaceAll(slicesOf("", one, "", other, ""), []byte("\n"), []byte("\r\n")),
		"with a header":     slicesOf("", header, "", other, ""),
		"others among them": slicesOf(string(broken), one, string(key), other, string(broken)),
		"an end is missing": slicesOf("", bytes.TrimSpace(one)[:len(one)-10], "\n", other, ""),
		"many":              bytes.Repeat(slicesOf("", one, "# text\n", other, ""), 40),
	} {
		want := x509.NewCertPool()
		if !want.AppendCertsFromPEM(text) {
			want = nil
		}
		for n := 1; n < 9; n++ {
			var joined []byte
			for _, part := range split(text, n) {
				joined = append(joined, part...)
			}
			if !bytes.Equal(joined, text) {
				t.Errorf("%s: split in %d parts, the text is another", name, n)
			}
			if got := poolOf(text, n); (got == nil) != (want == nil) || got != nil && !got.Equal(want) {
				t.Errorf("%s, in %d parts: another pool than Go's", name, n)
			}
		}
	}
}

func slicesOf(before string, one []byte, between string, other []byte, after string) []byte {
	return []byte(strings.Join([]string{before, string(one), between, string(other), after}, ""))
}

// A bundle is read once for all clients that share it, when it is read ahead or first needed, and what one of them
// trusts besides is not trusted by the others.
func TestBundleIsShared(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bundle.pem")
	one, other := bundled(t), bundled(t)
	if err := os.WriteFile(file, one, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", file)
	t.Setenv("SSL_CERT_DIR", "")
	for name, begin := range map[string]func(*Bundle){"ahead": (*Bundle).ReadAhead, "when needed": func(b *Bundle) {
		b.with(nil)
	}} {
		b := new(Bundle)
		begin(b)
		first := b.with(nil)
		if err := os.WriteFile(file, other, 0o600); err != nil {
			t.Fatal(err)
		}
		if with := b.with(other); with.Equal(first) || !b.with(nil).Equal(first) {
			t.Errorf("%s: what one client adds is not its own", name)
		}
		if new(Bundle).with(nil).Equal(first) {
			t.Errorf("%s: another bundle is not read for itself", name)
		}
		if err := os.WriteFile(file, one, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
