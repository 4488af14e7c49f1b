//go:build unix

package server

import (
	"io/fs"
	"os"
	"syscall"
	"testing"
	"time"
)

// folder is one of an owner and a mode.
type folder struct {
	mode  fs.FileMode
	owner int
}

func (f folder) Name() string       { return "data" }
func (f folder) Size() int64        { return 0 }
func (f folder) Mode() fs.FileMode  { return fs.ModeDir | f.mode }
func (f folder) ModTime() time.Time { return time.Time{} }
func (f folder) IsDir() bool        { return true }
func (f folder) Sys() any           { return &syscall.Stat_t{Uid: uint32(f.owner)} }

func TestSharedWith(t *testing.T) {
	me := os.Geteuid()
	for _, c := range []struct {
		folder folder
		want   string
	}{
		{folder{0o700, me}, ""},
		{folder{0o755, me}, ""},
		{folder{0o770, me}, "its group"},
		{folder{0o777, me}, "every user"},
		{folder{0o777 | fs.ModeSticky, me}, "every user"},
		{folder{0o770 | fs.ModeSetgid, me + 1}, ""}, // a volume with an fsGroup
		{folder{0o777 | fs.ModeSetgid, me + 1}, "every user"},
	} {
		if got := sharedWith(c.folder); got != c.want {
			t.Errorf("%v of %d: %q, want %q", c.folder.Mode(), c.folder.owner, got, c.want)
		}
	}
}
