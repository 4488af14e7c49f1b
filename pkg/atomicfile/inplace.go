package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// A file that is written in place is half written for a moment. From before that moment until after it a backup lies
// beside it, with what it held and what it is to hold. What is half written is known by those two: it begins as the new
// content and goes on as the old. A program killed in between loses nothing, and neither is lost what another program
// wrote since.

const (
	backupSuffix = ".kubectl-edge-backup"
	backupHead   = "# kubectl-edge was killed while it wrote a file: the next %d bytes are what it held, then %d " +
		"what it was to hold\n"
)

type backup struct{ old, new []byte }

func backupPath(target string) string {
	return filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+backupSuffix)
}

// spareBackupPath is for a file in a folder that cannot be written to.
func spareBackupPath(target string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	flat := strings.NewReplacer("-", "--", string(filepath.Separator), "-", ":", "-").Replace(target)
	return filepath.Join(dir, "kubectl-edge", "backups", flat+backupSuffix)
}

func (b backup) marshal() []byte {
	data := fmt.Appendf(nil, backupHead, len(b.old), len(b.new))
	return append(append(data, b.old...), b.new...)
}

// findBackup returns the backup of target, or nil if there is none that is whole.
func findBackup(target string) *backup {
	for _, path := range []string{backupPath(target), spareBackupPath(target)} {
		data, err := readBackup(path)
		if err != nil {
			continue
		}
		if b := parseBackup(data); b != nil {
			return b
		}
	}
	return nil
}

func parseBackup(data []byte) *backup {
	head, rest, ok := bytes.Cut(data, []byte("\n"))
	var lengths []int
	for word := range strings.FieldsSeq(string(head)) {
		if n, err := strconv.Atoi(word); err == nil {
			lengths = append(lengths, n)
		}
	}
	if !ok || len(lengths) != 2 || lengths[0]+lengths[1] != len(rest) || lengths[0] < 0 || lengths[1] < 0 {
		return nil
	}
	return &backup{rest[:lengths[0]], rest[lengths[0]:]}
}

// torn reports whether data is what a writer that was killed left. See overwrite for the order in which it writes.
func (b *backup) torn(data []byte) bool {
	size := len(b.old)
	if bytes.Equal(data, b.new) || bytes.Equal(data, b.old) || len(data) < size || len(data) > max(size, len(b.new)) {
		return false
	}
	if len(data) > size && !bytes.Equal(data[size:], b.new[size:len(data)]) {
		return false
	}
	begun := 0 // so many bytes are as in the new content
	for begun < size && begun < len(b.new) && data[begun] == b.new[begun] {
		begun++
	}
	return bytes.Equal(data[begun:size], b.old[begun:])
}

// readBackup reads a backup of the user's own, which holds what the file may hold: secrets.
func readBackup(path string) ([]byte, error) {
	f, err := securefile.Open(path, os.O_RDONLY|securefile.NoFollow, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || checkOwner(info) != nil {
		return nil, errInUse
	}
	return io.ReadAll(f)
}

// readFile is os.ReadFile, in a way that does not hinder a program that replaces the file meanwhile.
func readFile(path string) ([]byte, error) {
	f, err := securefile.Open(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Recover completes what a writer that was killed began: it brings back the old content of a half written file. The
// caller holds the file's lock.
func (f *File) Recover() error {
	if f.Info == nil {
		return nil
	}
	b := findBackup(f.Target)
	if b == nil {
		return nil
	}
	data, err := readFile(f.Target)
	if err != nil {
		return cause(err)
	}
	if b.torn(data) {
		if err := f.overwrite(b.old); err != nil {
			return cause(err)
		}
		data = b.old
	}
	if bytes.Equal(data, b.old) || bytes.Equal(data, b.new) {
		dropBackup(f.Target)
	} // else a power failure left blocks of both, or somebody has repaired it: the backup stays for a person to see
	return nil
}

func dropBackup(target string) {
	_ = securefile.Remove(backupPath(target))
	_ = securefile.Remove(spareBackupPath(target))
}

// writeInPlace writes the file itself. If that fails half way, it brings back the old content.
func (f *File) writeInPlace(old, data []byte) error {
	saved := backup{old, data}.marshal()
	if err := Write(backupPath(f.Target), saved, 0o600); err != nil {
		if !closedFolder(err) {
			return err
		}
		spare := spareBackupPath(f.Target)
		if err := securefile.MakeOwn(filepath.Dir(spare)); err != nil {
			return err
		}
		if err := Write(spare, saved, 0o600); err != nil {
			return err
		}
	}
	if f.Narrow {
		if err := os.Chmod(f.Target, f.Info.Mode().Perm()&0o700); err != nil && !notPermitted(err) {
			return err
		}
	}
	if err := f.overwrite(data); err != nil {
		if errBack := f.overwrite(old); errBack != nil {
			return errors.Join(err, fmt.Errorf("what it held is in %s", backupPath(f.Target)))
		}
		dropBackup(f.Target)
		return err
	}
	dropBackup(f.Target)
	return nil
}

// overwrite writes data over the content of a file: first what is beyond its end, which takes the space that is needed,
// then the beginning, and then it cuts off what is left. It writes to the file that was found and to no other: in a
// folder of another user, they could put a link to one of our files in its place meanwhile.
func (f *File) overwrite(data []byte) error {
	file, err := securefile.Open(f.Target, os.O_RDWR|securefile.NoFollow, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil {
		return err
	} else if !os.SameFile(info, f.Info) {
		return errors.New("another program put another file in its place meanwhile; try again")
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if more := int64(len(data)) - size; more > 0 {
		if _, err := file.WriteAt(data[size:], size); err != nil {
			return errors.Join(err, file.Truncate(size))
		}
	}
	if _, err := file.WriteAt(data[:min(int64(len(data)), size)], 0); err != nil {
		return err
	}
	if err := file.Truncate(int64(len(data))); err != nil {
		return err
	}
	return syncFile(file)
}
