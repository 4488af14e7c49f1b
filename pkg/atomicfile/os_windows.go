package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// closeFirst is for Windows, where a program that opens a file and wants no other writer fails as long as the file is
// open for writing, .NET's File.ReadAllText for one: what becomes a file is closed before.
const closeFirst = true

// lockable is what is locked of a temporary file: the file, opened once more for reading, since its lock has to outlive
// the moment in which it is renamed. Otherwise another writer would take it for left behind.
func lockable(dir *securefile.Dir, name string, _ *os.File) (*os.File, error) {
	return dir.Open(name, os.O_RDONLY, 0)
}

// standardInfo is FILE_STANDARD_INFO.
type standardInfo struct {
	allocationSize, endOfFile int64
	links                     uint32
	deletePending, directory  bool
}

func standard(f *os.File) (info standardInfo, err error) {
	err = windows.GetFileInformationByHandleEx(windows.Handle(f.Fd()), windows.FileStandardInfo,
		(*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	return info, err
}

// removed reports whether f has no name any more.
func removed(f *os.File) bool {
	info, err := standard(f)
	return err != nil || info.deletePending || info.links == 0
}

func ours(fs.FileInfo) bool { return true }

// unsupported reports whether a file system does not have the operation.
func unsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, windows.ERROR_INVALID_FUNCTION) ||
		errors.Is(err, windows.ERROR_NOT_SUPPORTED)
}

func notPermitted(err error) bool { return unsupported(err) || errors.Is(err, fs.ErrPermission) }

// links is how many names the file has.
func links(path string, _ fs.FileInfo) (uint64, error) {
	f, err := securefile.Open(path, os.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := standard(f)
	return uint64(info.links), err
}

// checkOwner has nothing to check: the file's access list says who may replace it.
func checkOwner(fs.FileInfo) error { return nil }

// ownLink has nothing to check: to make a link takes a privilege there.
func ownLink(fs.FileInfo) bool { return true }

// keepOwner has nothing to do: a file's owner is the user, or the administrators of whom the user is one. What others
// may do with it is in its access list, see keepAttributes.
func keepOwner(*os.File, fs.FileInfo) error { return nil }

// closedFolder is for errors that say that no file can be made in a folder. A file in it may be writable all the same.
func closedFolder(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, windows.ERROR_WRITE_PROTECT)
}

// fixedName is for errors of a rename that say that the name cannot be given to another file: a volume mounted there,
// say. A file that another program has open is none: that program would see it half written.
func fixedName(err error) bool {
	return errors.Is(err, syscall.EXDEV) || errors.Is(err, windows.ERROR_NOT_SAME_DEVICE)
}
