package atomicfile

import (
	"errors"
	"io/fs"
	"os"
)

// closeFirst is for Windows, which neither renames nor removes an open file.
const closeFirst = true

// tryLock has nothing to do: nobody can remove a file that its writer has open.
func tryLock(*os.File) lockState { return locked }

func removed(*os.File) bool { return false }

func ours(fs.FileInfo) bool { return true }

func unsupported(err error) bool { return errors.Is(err, errors.ErrUnsupported) }

func notPermitted(err error) bool { return unsupported(err) || errors.Is(err, fs.ErrPermission) }

func links(fs.FileInfo) uint64 { return 1 }

// checkOwner has nothing to check: the folder's access list says who may replace a file.
func checkOwner(fs.FileInfo) error { return nil }

// keepOwner has nothing to do: a new file inherits the folder's access list.
func keepOwner(*os.File, fs.FileInfo) error { return nil }

func closedFolder(error) bool { return false }

func fixedName(error) bool { return false }
