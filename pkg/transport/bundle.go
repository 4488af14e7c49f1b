package transport

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"runtime"
	"slices"
	"sync"
)

// Bundle is the file in which the system keeps all certificate authorities. To parse a hundred and more takes a fifth
// of what a command takes that asks one thing of a server, so it can be read ahead, while that command still reads
// files of its own; and clients that share one read it once. Its zero value is ready; nil reads for each client.
type Bundle struct {
	once sync.Once
	read chan struct{} // is closed when it is read
	pool *x509.CertPool
}

// ReadAhead begins to read, in the background. It is for when a request is sure to follow.
func (b *Bundle) ReadAhead() {
	if b == nil {
		return
	}
	b.once.Do(func() {
		b.read = make(chan struct{})
		go func() {
			defer close(b.read)
			b.pool = readBundle()
		}()
	})
}

// with returns the authorities of the bundle and those of extra, or nil where everything has to be read.
func (b *Bundle) with(extra []byte) *x509.CertPool {
	var pool *x509.CertPool
	if b == nil {
		pool = readBundle()
	} else {
		b.ReadAhead()
		<-b.read
		pool = b.pool
	}
	if pool == nil || len(extra) == 0 {
		return pool
	}
	pool = pool.Clone() // others have it, too
	pool.AppendCertsFromPEM(extra)
	return pool
}

// readBundle returns the authorities of the system's bundle, or nil where everything has to be read. Go's own pool
// takes the bundle and then, on most systems, the same hundred and more again from a folder with a file for each, which
// takes four times as long: longer than all else that a mint does on this machine.
func readBundle() *x509.CertPool {
	if os.Getenv("SSL_CERT_DIR") != "" { // asks for a folder
		return nil
	}
	paths := bundles
	if path := os.Getenv("SSL_CERT_FILE"); path != "" && len(bundles) > 0 {
		paths = []string{path}
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // as Go does
		}
		return poolOf(text, min(runtime.GOMAXPROCS(0), 4)) // to start more threads takes longer than they save
	}
	return nil
}

// poolOf is CertPool.AppendCertsFromPEM in n parts at a time: a pool of the certificates, or nil without any.
func poolOf(text []byte, n int) *x509.CertPool {
	parts := split(text, n)
	certificates := make([][]*x509.Certificate, len(parts))
	var group sync.WaitGroup
	for i, part := range parts {
		group.Go(func() { certificates[i] = parse(part) })
	}
	group.Wait()
	all := slices.Concat(certificates...)
	if len(all) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	for _, c := range all {
		pool.AddCert(c)
	}
	return pool
}

// split cuts a text into up to n parts of about the same size, each with whole certificates.
func split(text []byte, n int) (parts [][]byte) {
	begin := []byte("\n-----BEGIN ")
	for size := len(text)/n + 1; len(text) > size; {
		next := bytes.Index(text[size:], begin)
		if next < 0 {
			break
		}
		parts = append(parts, text[:size+next+1])
		text = text[size+next+1:]
	}
	return append(parts, text)
}

// parse returns the certificates in a text that can be read, as CertPool.AppendCertsFromPEM takes them.
func parse(text []byte) (certificates []*x509.Certificate) {
	for len(text) > 0 {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" || len(block.Headers) != 0 {
			continue
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			certificates = append(certificates, c)
		}
	}
	return certificates
}
