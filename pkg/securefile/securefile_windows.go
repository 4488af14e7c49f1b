package securefile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// NoFollow has no counterpart on Windows, where making symbolic links is a privilege.
const NoFollow = 0

const nonBlock = 0

// Windows keeps a user's profile folder to the user by inherited access control lists; there are no mode bits to check.
const hasModes = false

// Open is os.OpenFile.
func Open(path string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, flag, perm)
}

func belongsToUser(fs.FileInfo, Access) bool { return true }

func isSymlinkError(err error) bool { return errors.Is(err, syscall.ELOOP) }
