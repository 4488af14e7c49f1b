package plugin

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// secretSpace is more than what is shown of a token, in any form.
const secretSpace = 8 << 10

// Reserve makes the place for a secret in the file that w writes to, before one is asked for that is shown once: a full
// disk is found out here, and costs no secret. An output that is not a file, such as a pipe, has no place, and not
// every file system can promise one.
func Reserve(w io.Writer) error {
	f, ok := File(w).(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil
	}
	at = max(at, info.Size()) // what is appended goes to the end, wherever the offset is
	err = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, at, secretSpace)
	var limit unix.Rlimit // which fallocate does not look at where the size stays
	if unix.Getrlimit(unix.RLIMIT_FSIZE, &limit) == nil && limit.Cur < uint64(at)+secretSpace {
		err = unix.EFBIG
	}
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG) {
		return &fs.PathError{Op: "write", Path: f.Name(), Err: err}
	}
	return nil
}
