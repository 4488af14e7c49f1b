// Package releasetest serves releases of this project as GitHub does, for tests of what installs them.
package releasetest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Releases are those of a repository. Its newest is the one with the greatest version that was published.
type Releases struct {
	URL string // where GitHub has OWNER/NAME/releases
	// Files are what can be downloaded, by their paths below URL, for a test to damage.
	Files  map[string][]byte
	latest string
}

// Serve starts a server of releases that ends with the test.
func Serve(t testing.TB) *Releases {
	r := &Releases{Files: map[string][]byte{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		data, ok := r.Files[req.URL.Path]
		switch {
		case req.URL.Path == "/latest" && r.latest != "":
			http.Redirect(w, req, "/tag/"+r.latest, http.StatusFound)
		case !ok && req.URL.Path != "/tag/"+r.latest:
			http.NotFound(w, req)
		default:
			_, _ = w.Write(data)
		}
	}))
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// Archive is the path of this system's archive of a version.
func Archive(version string) string {
	return fmt.Sprintf("/download/%s/kubectl-edge-suite_%[1]s_%s_%s.tar.gz", version, runtime.GOOS, runtime.GOARCH)
}

// Sums is the path of the checksums of a version.
func Sums(version string) string { return "/download/" + version + "/SHA256SUMS" }

// Publish makes a release whose programs are these scripts. Its checksums have files with like names before its
// archive.
func (r *Releases) Publish(t testing.TB, version string, programs map[string]string) {
	t.Helper()
	var data bytes.Buffer
	zip := gzip.NewWriter(&data)
	archive := tar.NewWriter(zip)
	for program, text := range programs {
		if err := archive.WriteHeader(&tar.Header{Name: program, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	r.Files[Archive(version)] = data.Bytes()
	name := Archive(version)[strings.LastIndex(Archive(version), "/")+1:]
	others := []string{strings.ReplaceAll(name, ".", "x"), name + ".cdx.json"}
	var sums []byte
	for _, other := range others {
		sums = fmt.Appendf(sums, "%x  %s\n", sha256.Sum256(nil), other)
	}
	r.Files[Sums(version)] = fmt.Appendf(sums, "%x  %s\n", sha256.Sum256(data.Bytes()), name)
	r.latest = slices.Max([]string{r.latest, version})
}
