package inject

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// where says which arguments of a call hold what it is about: a descriptor, or a path, which a descriptor of a folder
// may precede.
type where struct {
	name string
	fd   int // argument, -1 for the working directory
	path int // argument, -1 for none
}

const none = -1

// calls are those that change files or lock them. Of two paths the one counts that is made.
func calls() map[uint64]where {
	return map[uint64]where{
		unix.SYS_OPEN: {"open", none, 0}, unix.SYS_OPENAT: {"open", 0, 1}, unix.SYS_OPENAT2: {"open", 0, 1},
		unix.SYS_CREAT: {"open", none, 0},
		unix.SYS_WRITE: {"write", 0, none}, unix.SYS_PWRITE64: {"write", 0, none},
		unix.SYS_WRITEV: {"writev", 0, none}, unix.SYS_PWRITEV: {"writev", 0, none},
		unix.SYS_PWRITEV2: {"writev", 0, none}, unix.SYS_COPY_FILE_RANGE: {"copy", 2, none},
		unix.SYS_SENDFILE: {"copy", 0, none}, unix.SYS_SPLICE: {"copy", 2, none},
		unix.SYS_TRUNCATE: {"truncate", none, 0}, unix.SYS_FTRUNCATE: {"truncate", 0, none},
		unix.SYS_FALLOCATE: {"fallocate", 0, none},
		unix.SYS_FSYNC:     {"fsync", 0, none}, unix.SYS_FDATASYNC: {"fsync", 0, none},
		unix.SYS_RENAME: {"rename", none, 1}, unix.SYS_RENAMEAT: {"rename", 2, 3},
		unix.SYS_RENAMEAT2: {"rename", 2, 3},
		unix.SYS_LINK:      {"link", none, 1}, unix.SYS_LINKAT: {"link", 2, 3},
		unix.SYS_SYMLINK: {"symlink", none, 1}, unix.SYS_SYMLINKAT: {"symlink", 1, 2},
		unix.SYS_UNLINK: {"unlink", none, 0}, unix.SYS_UNLINKAT: {"unlink", 0, 1},
		unix.SYS_RMDIR: {"rmdir", none, 0},
		unix.SYS_MKDIR: {"mkdir", none, 0}, unix.SYS_MKDIRAT: {"mkdir", 0, 1},
		unix.SYS_MKNOD: {"mknod", none, 0}, unix.SYS_MKNODAT: {"mknod", 0, 1},
		unix.SYS_CHMOD: {"chmod", none, 0}, unix.SYS_FCHMOD: {"chmod", 0, none},
		unix.SYS_FCHMODAT: {"chmod", 0, 1}, unix.SYS_FCHMODAT2: {"chmod", 0, 1},
		unix.SYS_CHOWN: {"chown", none, 0}, unix.SYS_LCHOWN: {"chown", none, 0},
		unix.SYS_FCHOWN: {"chown", 0, none}, unix.SYS_FCHOWNAT: {"chown", 0, 1},
		unix.SYS_UTIMENSAT: {"utimes", 0, 1},
		unix.SYS_FLOCK:     {"flock", 0, none}, unix.SYS_FCNTL: {"lock", 0, none},
		unix.SYS_SETXATTR: {"setxattr", none, 0}, unix.SYS_LSETXATTR: {"setxattr", none, 0},
		unix.SYS_FSETXATTR:   {"setxattr", 0, none},
		unix.SYS_REMOVEXATTR: {"removexattr", none, 0}, unix.SYS_LREMOVEXATTR: {"removexattr", none, 0},
		unix.SYS_FREMOVEXATTR: {"removexattr", 0, none},
	}
}

// entry is a call that is about to be made.
type entry struct {
	where
	path string // absolute
}

// changes are the flags of an open that may change something.
const changes = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC

func describe(tid int, regs *unix.PtraceRegs) (entry, error) {
	w, ok := calls()[regs.Orig_rax]
	if !ok {
		return entry{}, fmt.Errorf("system call %d was not expected", regs.Orig_rax)
	}
	if regs.Orig_rax == unix.SYS_OPENAT2 { // whose flags the filter does not see
		how, err := memory(tid, regs.Rdx, 8)
		if err != nil || binary.NativeEndian.Uint64(how)&changes == 0 {
			return entry{}, err
		}
	}
	e := entry{where: w}
	if w.path == none {
		e.path = descriptor(tid, argument(regs, w.fd))
		return e, nil
	}
	path, err := text(tid, argument(regs, w.path))
	if err != nil {
		return entry{}, err
	}
	switch {
	case filepath.IsAbs(path):
	case w.fd == none || int32(argument(regs, w.fd)) == unix.AT_FDCWD:
		dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", tid))
		if err != nil {
			return entry{}, err
		}
		path = filepath.Join(dir, path)
	default:
		path = filepath.Join(descriptor(tid, argument(regs, w.fd)), path)
	}
	e.path = filepath.Clean(path)
	return e, nil
}

func argument(regs *unix.PtraceRegs, i int) uint64 {
	return [...]uint64{regs.Rdi, regs.Rsi, regs.Rdx, regs.R10, regs.R8, regs.R9}[i]
}

// descriptor is the path of an open file; "" if there is none, or no file.
func descriptor(tid int, fd uint64) string {
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, int32(fd)))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(path, " (deleted)")
}

// text reads a string of the process.
func text(tid int, address uint64) (string, error) {
	var all []byte
	for len(all) < unix.PathMax {
		// Up to the end of the page: the next one may not be there.
		part, err := memory(tid, address, 256-int(address%256))
		if err != nil {
			return "", err
		}
		if end := bytes.IndexByte(part, 0); end >= 0 {
			return string(append(all, part[:end]...)), nil
		}
		all, address = append(all, part...), address+uint64(len(part))
	}
	return string(all), nil
}

// memory reads memory of the process.
func memory(tid int, address uint64, size int) ([]byte, error) {
	part := make([]byte, size)
	n, err := unix.ProcessVMReadv(tid, []unix.Iovec{{Base: &part[0], Len: uint64(size)}},
		[]unix.RemoteIovec{{Base: uintptr(address), Len: size}}, 0)
	if err == nil && n < size {
		err = unix.EFAULT
	}
	return part, os.NewSyscallError("process_vm_readv", err)
}

// needsSpace reports whether a call would take space on the disk that the file does not have yet.
func (e entry) needsSpace(tid int, regs *unix.PtraceRegs) bool {
	switch e.name {
	case "open":
		_, err := os.Lstat(e.path)
		return err != nil // the filter lets those that only read pass, and one that is not there is made
	case "mkdir", "symlink", "mknod", "writev", "copy":
		return true
	case "write", "fallocate":
		var info unix.Stat_t
		fd := fmt.Sprintf("/proc/%d/fd/%d", tid, int32(regs.Rdi))
		if unix.Stat(fd, &info) != nil || info.Mode&unix.S_IFMT != unix.S_IFREG {
			return false
		}
		return e.end(tid, regs, info.Size) > max(info.Blocks*512, info.Size)
	}
	return false
}

// end is where the file would end after the call.
func (e entry) end(tid int, regs *unix.PtraceRegs, size int64) int64 {
	switch regs.Orig_rax {
	case unix.SYS_FALLOCATE:
		return int64(regs.Rdx + regs.R10)
	case unix.SYS_PWRITE64:
		return int64(regs.R10 + regs.Rdx)
	}
	position, flags := int64(0), int64(0)
	info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", tid, int32(regs.Rdi)))
	if err != nil {
		return size + int64(regs.Rdx)
	}
	for line := range strings.Lines(string(info)) {
		switch key, value, _ := strings.Cut(line, ":"); key {
		case "pos":
			position, _ = strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		case "flags":
			flags, _ = strconv.ParseInt(strings.TrimSpace(value), 8, 64)
		}
	}
	if flags&unix.O_APPEND != 0 {
		position = size
	}
	return position + int64(regs.Rdx)
}
