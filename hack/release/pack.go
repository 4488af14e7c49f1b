package main

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// entry is a file, link or folder as archives have it: of nobody in particular, and with one of three modes.
type entry struct {
	name, path string // slashes; where its content is
	mode       fs.FileMode
	target     string // of a link
}

// entries are what is below folder, in the order of their names, without folder itself.
func entries(folder string) ([]entry, error) {
	var found []entry
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		e := entry{name: filepath.ToSlash(name), path: path, mode: 0o644}
		switch {
		case d.IsDir():
			e.mode = fs.ModeDir | 0o755
		case d.Type()&fs.ModeSymlink != 0:
			e.mode = fs.ModeSymlink | 0o777
			if e.target, err = os.Readlink(path); err != nil {
				return err
			}
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is neither a file, a folder nor a link", path)
		case info.Mode()&0o100 != 0:
			e.mode = 0o755
		}
		found = append(found, e)
		return nil
	})
	slices.SortFunc(found, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return found, err
}

// pack writes an archive of what is in folder. The same contents give the same bytes on every machine and at every
// time, which is why no tar and no zip program is used: each system's has its own opinion.
func pack(out, folder string, at time.Time) (err error) {
	found, err := entries(folder)
	if err != nil {
		return err
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = errors.Join(err, os.Remove(out))
		}
	}()
	switch {
	case strings.HasSuffix(out, ".tar"):
		return writeTar(file, found, at)
	case strings.HasSuffix(out, ".tar.gz"):
		compressed := gzip.NewWriter(file)
		return errors.Join(writeTar(compressed, found, at), compressed.Close())
	case strings.HasSuffix(out, ".zip"):
		return writeZip(file, found, at)
	}
	return fmt.Errorf("%s is none of .tar, .tar.gz and .zip", out)
}

func writeTar(w io.Writer, found []entry, at time.Time) error {
	archive := tar.NewWriter(w)
	for _, e := range found {
		header := &tar.Header{Name: e.name, Mode: int64(e.mode.Perm()), ModTime: at, Format: tar.FormatPAX}
		switch {
		case e.mode.IsDir():
			header.Typeflag, header.Name = tar.TypeDir, e.name+"/"
		case e.target != "":
			header.Typeflag, header.Linkname = tar.TypeSymlink, e.target
		default:
			header.Typeflag = tar.TypeReg
		}
		if err := writeEntry(e, func(size int64) (io.Writer, error) {
			header.Size = size
			return archive, archive.WriteHeader(header)
		}); err != nil {
			return err
		}
	}
	return archive.Close()
}

func writeZip(w io.Writer, found []entry, at time.Time) error {
	archive := zip.NewWriter(w)
	for _, e := range found {
		if e.target != "" {
			return fmt.Errorf("%s is a link, which Windows would unpack as a text file", e.path)
		}
		header := &zip.FileHeader{Name: e.name, Modified: at, Method: zip.Deflate}
		header.SetMode(e.mode)
		if e.mode.IsDir() {
			header.Name, header.Method = e.name+"/", zip.Store
		}
		if err := writeEntry(e, func(int64) (io.Writer, error) { return archive.CreateHeader(header) }); err != nil {
			return err
		}
	}
	return archive.Close()
}

// writeEntry begins the entry, with the size of its content, and copies that.
func writeEntry(e entry, begin func(size int64) (io.Writer, error)) error {
	if !e.mode.IsRegular() {
		_, err := begin(0)
		return err
	}
	content, err := os.ReadFile(e.path)
	if err != nil {
		return err
	}
	w, err := begin(int64(len(content)))
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// list prints the names of what an archive holds, one a line.
func list(path string) error {
	if strings.HasSuffix(path, ".zip") {
		archive, err := zip.OpenReader(path)
		if err != nil {
			return err
		}
		for _, file := range archive.File {
			fmt.Println(file.Name)
		}
		return archive.Close()
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	compressed, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	for archive := tar.NewReader(compressed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		fmt.Println(header.Name)
	}
}
