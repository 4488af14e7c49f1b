package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	oci "github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// about is what the image says of itself.
type about struct {
	kind            // of the image
	version, source string
	created         time.Time
}

// kind is what makes one image another than the next.
type kind struct {
	title, description string
	entrypoint, cmd    []string
	data               string // a folder of the user's own, where a volume can be mounted
}

// kinds are the images by the program that they start.
var kinds = map[string]kind{
	"kubectl-edge": {
		title:       "kubectl edge",
		description: "STACKIT Edge Cloud with kubectl, without secrets in kubeconfigs",
		entrypoint:  []string{"kubectl-edge"},
	},
	"edge-sandbox": {
		title:       "edge-sandbox",
		description: "A STACKIT Edge Cloud for tests, with a real Kubernetes API server",
		entrypoint:  []string{"edge-sandbox"},
		cmd:         []string{"up", "--listen", "0.0.0.0:8443", "--host", "localhost", "--data-dir", "/data"},
		data:        "data",
	},
}

// nobody is the user of the image, by number so that a cluster can see that it is not root. Distroless images have
// the same.
const nobody = 65532

// layout writes an OCI layout with an image for each architecture, given as ARCH=FOLDER with the root of its files,
// onto which come a user and the certificate authorities. No engine takes part, and there is no base image: what is not
// in the folder is not there.
func layout(out string, a about, roots []string) error {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, root := range roots {
		arch, folder, found := strings.Cut(root, "=")
		if !found {
			return errUsage
		}
		one, err := image(a, arch, folder)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: one, Descriptor: v1.Descriptor{
			Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	index = mutate.Annotations(index, a.labels()).(v1.ImageIndex)
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	path, err := oci.Write(out, empty.Index)
	if err != nil {
		return err
	}
	return path.AppendIndex(index, oci.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": a.version}))
}

func (a about) labels() map[string]string {
	const prefix = "org.opencontainers.image."
	return map[string]string{
		prefix + "title":       a.title,
		prefix + "description": a.description,
		prefix + "version":     a.version,
		prefix + "source":      a.source,
		prefix + "licenses":    "Apache-2.0",
		prefix + "created":     a.created.Format(time.RFC3339),
	}
}

func image(a about, arch, folder string) (v1.Image, error) {
	content, err := rootTar(folder, a)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	one, err := mutate.Append(base, mutate.Addendum{Layer: layer, MediaType: types.OCILayer,
		History: v1.History{Created: v1.Time{Time: a.created}, CreatedBy: "hack/image.sh"}})
	if err != nil {
		return nil, err
	}
	file, err := one.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Created = "linux", arch, v1.Time{Time: a.created}
	file.Config = v1.Config{
		User:       fmt.Sprintf("%d:%d", nobody, nobody),
		Env:        []string{"PATH=/usr/local/bin", "HOME=/nonroot"},
		Entrypoint: a.entrypoint,
		Cmd:        a.cmd,
		WorkingDir: "/nonroot",
		Labels:     a.labels(),
	}
	return mutate.ConfigFile(one, file)
}

// rootTar is the layer of the image: what is below folder, and what every program expects of a system.
func rootTar(folder string, a about) ([]byte, error) {
	at := a.created
	found, err := entries(folder)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	write := func(header *tar.Header, content []byte) error {
		header.ModTime, header.Format, header.Size = at, tar.FormatPAX, int64(len(content))
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		_, err := archive.Write(content)
		return err
	}
	authorities, err := authorities()
	if err != nil {
		return nil, err
	}
	own := func(name string, mode int64) error {
		if name == "" {
			return nil
		}
		return write(&tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: mode, Uid: nobody, Gid: nobody}, nil)
	}
	user := fmt.Sprintf("nonroot:x:%d:%d:nonroot:/nonroot:/sbin/nologin\n", nobody, nobody)
	err = errors.Join(
		write(&tar.Header{Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755}, nil),
		write(&tar.Header{Name: "etc/group", Mode: 0o644}, fmt.Appendf(nil, "root:x:0:\nnonroot:x:%d:\n", nobody)),
		write(&tar.Header{Name: "etc/passwd", Mode: 0o644}, []byte("root:x:0:0:root:/root:/sbin/nologin\n"+user)),
		write(&tar.Header{Name: "etc/ssl/", Typeflag: tar.TypeDir, Mode: 0o755}, nil),
		write(&tar.Header{Name: "etc/ssl/certs/", Typeflag: tar.TypeDir, Mode: 0o755}, nil),
		write(&tar.Header{Name: "etc/ssl/certs/ca-certificates.crt", Mode: 0o644}, authorities),
		own(a.data, 0o700),
		own("nonroot", 0o755),
		write(&tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, nil),
		archive.Flush(),
		writeTar(&out, found, at), // which ends the archive
	)
	return out.Bytes(), err
}

// authorities are Mozilla's, from Go's own module rather than from a package of this machine: go.sum says which, so
// that each machine makes the same image, and what renews modules renews them. Those that are trusted with a constraint
// are left out, since a file of certificates cannot express one.
func authorities() ([]byte, error) {
	var out bytes.Buffer
	count := 0
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue
		}
		count++
		if err := pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return nil, err
		}
	}
	if count == 0 {
		return nil, errors.New("there are no certificate authorities")
	}
	return out.Bytes(), nil
}

// images returns the index that layout wrote.
func images(folder string) (v1.ImageIndex, error) {
	all, err := oci.ImageIndexFromPath(folder)
	if err != nil {
		return nil, err
	}
	manifest, err := all.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(manifest.Manifests) != 1 {
		return nil, fmt.Errorf("%s has %d images, not one for all architectures", folder, len(manifest.Manifests))
	}
	return all.ImageIndex(manifest.Manifests[0].Digest)
}

// extract unpacks the image for an architecture, as an engine would.
func extract(folder, arch, target string) error {
	index, err := images(folder)
	if err != nil {
		return err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	for _, m := range manifest.Manifests {
		if m.Platform == nil || m.Platform.Architecture != arch {
			continue
		}
		one, err := index.Image(m.Digest)
		if err != nil {
			return err
		}
		content := mutate.Extract(one)
		return errors.Join(unpack(content, target), content.Close())
	}
	return fmt.Errorf("%s has no image for %s", folder, arch)
}

func unpack(r io.Reader, target string) error {
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if !filepath.IsLocal(header.Name) {
			return fmt.Errorf("%q leaves the image", header.Name)
		}
		path, mode := filepath.Join(target, header.Name), header.FileInfo().Mode()
		switch header.Typeflag {
		case tar.TypeDir:
			err = errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, mode.Perm()|mode&fs.ModeSticky))
		case tar.TypeSymlink:
			err = os.Symlink(header.Linkname, path)
		case tar.TypeReg:
			var content []byte
			if content, err = io.ReadAll(archive); err == nil {
				err = errors.Join(os.WriteFile(path, content, 0o600), os.Chmod(path, mode.Perm()))
			}
		default:
			err = fmt.Errorf("%s is of a kind that no image of this project has", header.Name)
		}
		if err == nil && os.Geteuid() == 0 {
			err = os.Lchown(path, header.Uid, header.Gid)
		}
		if err != nil {
			return err
		}
	}
}

// push copies the image to a registry, with the login of docker or another client, and prints its digest.
func push(folder, reference string) error {
	index, err := images(folder)
	if err != nil {
		return err
	}
	tag, err := name.ParseReference(reference)
	if err != nil {
		return err
	}
	if err := remote.WriteIndex(tag, index, remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%s@%s\n", tag.Context(), digest)
	return err
}
