package main

import (
	"bytes"
	"io"
	"io/fs"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// tree makes a folder as a release stages it, with modes that depend on somebody's habits.
func tree(t *testing.T, file, program fs.FileMode, link bool) string {
	t.Helper()
	folder := t.TempDir()
	for path, mode := range map[string]fs.FileMode{"LICENSE": file, "usr/bin/kubectl-edge": program, "man/a.1": file} {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700|program); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(filepath.Base(path)), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if link {
		if err := os.Symlink("kubectl-edge", filepath.Join(folder, "usr/bin/kubectl_complete-edge")); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

var commit = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func TestPackDependsOnContentsAlone(t *testing.T) {
	for _, kind := range []string{"a.tar", "a.tar.gz", "a.zip"} {
		t.Run(kind, func(t *testing.T) {
			var packed [][]byte
			for _, folder := range []string{tree(t, 0o644, 0o755, kind != "a.zip"),
				tree(t, 0o600, 0o700, kind != "a.zip")} {
				out := filepath.Join(t.TempDir(), kind)
				if err := pack(out, folder, commit); err != nil {
					t.Fatal(err)
				}
				content, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				packed = append(packed, content)
			}
			if !bytes.Equal(packed[0], packed[1]) {
				t.Error("two archives of the same contents differ")
			}
			later := filepath.Join(t.TempDir(), kind)
			if err := pack(later, tree(t, 0o644, 0o755, false), commit.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if content, _ := os.ReadFile(later); bytes.Equal(content, packed[0]) {
				t.Error("the time of the commit makes no difference: the comparison above compares nothing")
			}
		})
	}
}

func TestPackRefuses(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a.zip")
	if err := pack(out, tree(t, 0o644, 0o755, true), commit); err == nil ||
		!strings.Contains(err.Error(), "is a link") {
		t.Errorf("a link in a zip: %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("half an archive is left")
	}
	if err := pack(filepath.Join(t.TempDir(), "a.rar"), tree(t, 0o644, 0o755, false), commit); err == nil {
		t.Error("an archive of an unknown kind was made")
	}
}

func TestKindOf(t *testing.T) {
	own, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	gpl := "This program is free software: you can redistribute it and/or modify it under the terms of the GNU " +
		"General Public License as published by the Free Software Foundation, either version 3 of the License, or " +
		"(at your option) any later version."
	for name, c := range map[string]struct{ text, kind, err string }{
		"ours":      {string(own), "Apache-2.0", ""},
		"forbidden": {gpl, "", "GPL-3.0-or-later is not one of the allowed licences"},
		"both":      {string(own) + "\n" + gpl, "", "is not one of the allowed licences"},
		"unknown":   {"You may use this on Tuesdays.", "", "its licence is not known"},
		"mostly other words": {string(own) + strings.Repeat("You may use this on Tuesdays. ", 2000), "",
			"its licence is not known"},
	} {
		kind, err := kindOf([]byte(c.text), permissive)
		if kind != c.kind || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %q, %v, want %q, %q", name, kind, err, c.kind, c.err)
		}
	}
}

// Licences of this module's own tool: each linked module is there, and a module without a licence is an error.
func TestLicences(t *testing.T) {
	out := filepath.Join(t.TempDir(), "licences")
	if err := licences(out, ".", platforms, permissive, []string{"."}); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Apache-2.0, for:\n", "  github.com/google/go-containerregistry v",
		"BSD-3-Clause, for:",
		"  Go's standard library and runtime go", "  golang.org/x/crypto/x509roots/fallback v"} {
		if !strings.Contains(string(content), want) {
			t.Errorf("no %q", want)
		}
	}
	bare := t.TempDir()
	for path, text := range map[string]string{
		"go.mod": "module example.com/main\n\ngo 1.26\n\nrequire example.com/bare v0.0.0\n\n" +
			"replace example.com/bare => ./bare\n",
		"main.go":      "package main\n\nimport _ \"example.com/bare\"\n\nfunc main() {}\n",
		"bare/go.mod":  "module example.com/bare\n",
		"bare/bare.go": "package bare\n",
		"bare/NOTICE":  "A notice is not a licence.",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(bare, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bare, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	linux := []string{"linux/amd64"}
	tell := func(name, text string) {
		if err := os.WriteFile(filepath.Join(bare, "bare", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, lacks := range []func(){func() {}, func() { tell("COPYRIGHT", "All of it is ours.") }} {
		lacks()
		if err := licences(out, bare, linux, permissive, []string{"."}); err == nil || !strings.Contains(err.Error(),
			"example.com/bare v0.0.0 has no licence") {
			t.Errorf("a module without a licence: %v", err)
		}
	}
	const mpl = "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy " +
		"of the MPL was not distributed with this file, You can obtain one at https://mozilla.org/MPL/2.0/."
	tell("LICENSE", mpl)
	if err := licences(out, bare, linux, permissive, []string{"."}); err == nil || !strings.Contains(err.Error(),
		"MPL-2.0 is not one of the allowed licences") {
		t.Errorf("a licence that is not permissive: %v", err)
	}
	if err := licences(out, bare, linux, []string{"MPL-2.0", "BSD-3-Clause"}, []string{"."}); err != nil {
		t.Errorf("a licence that was allowed: %v", err)
	}
	if content, err := os.ReadFile(out); err != nil || !strings.Contains(string(content), "All of it is ours.") {
		t.Errorf("whose it is has been left out: %v", err)
	}
}

func TestImage(t *testing.T) {
	a := about{kind: kinds["edge-sandbox"], version: "v1.2.3", source: "https://git.example/edge", created: commit}
	var digests []string
	for _, folder := range []string{tree(t, 0o644, 0o755, true), tree(t, 0o600, 0o700, true)} {
		out := filepath.Join(t.TempDir(), "image")
		if err := layout(out, a, []string{"amd64=" + folder, "arm64=" + folder}); err != nil {
			t.Fatal(err)
		}
		index, err := images(out)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := index.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest.String())

		root := t.TempDir()
		if err := extract(out, "arm64", root); err != nil {
			t.Fatal(err)
		}
		authorities, err := os.ReadFile(filepath.Join(root, "etc/ssl/certs/ca-certificates.crt"))
		if n := bytes.Count(authorities, []byte("BEGIN CERTIFICATE")); n < 50 {
			t.Errorf("%d certificate authorities, %v", n, err)
		}
		for path, want := range map[string]fs.FileMode{"usr/bin/kubectl-edge": 0o755, "LICENSE": 0o644,
			"tmp": fs.ModeDir | fs.ModeSticky | 0o777, "data": fs.ModeDir | 0o700} {
			if info, err := os.Stat(filepath.Join(root, path)); err != nil || info.Mode() != want {
				t.Errorf("%s: %v, %v, want %v", path, info, err, want)
			}
		}
		if link, err := os.Readlink(filepath.Join(root, "usr/bin/kubectl_complete-edge")); link != "kubectl-edge" {
			t.Errorf("the link leads to %q, %v", link, err)
		}
		if err := extract(out, "riscv64", t.TempDir()); err == nil {
			t.Error("an architecture that is not there was unpacked")
		}

		server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
		defer server.Close()
		reference := strings.TrimPrefix(server.URL, "http://") + "/kubectl-edge:v1.2.3"
		if err := push(out, reference); err != nil {
			t.Fatal(err)
		}
		tag, err := name.ParseReference(reference)
		if err != nil {
			t.Fatal(err)
		}
		pushed, err := remote.Index(tag)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pushed.Digest(); got != digest {
			t.Errorf("pushed %v, %v, want %v", got, err, digest)
		}
		manifest, err := pushed.IndexManifest()
		if err != nil {
			t.Fatal(err)
		}
		for i, arch := range []string{"amd64", "arm64"} {
			one, err := pushed.Image(manifest.Manifests[i].Digest)
			if err != nil {
				t.Fatal(err)
			}
			config, err := one.ConfigFile()
			if err != nil {
				t.Fatal(err)
			}
			if config.Architecture != arch || config.OS != "linux" || config.Config.User != "65532:65532" ||
				!config.Created.Equal(commit) {
				t.Errorf("%s: config %+v", arch, config)
			}
		}
	}
	if digests[0] != digests[1] {
		t.Errorf("two images of the same contents differ: %v", digests)
	}
}
