package plugin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// inMemory returns a path by which this process, and what takes its place, can read data, and no other process that
// may not look into this one. There is none where /proc is not mounted, or the kernel or its policy has no such files.
// The descriptor is inherited.
func inMemory(name string, data []byte) (path string, file *os.File) {
	// Kernels before 6.3 do not know the flag that says it is not a program, and newer ones may insist on it.
	fd, err := unix.MemfdCreate(name, unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) {
		fd, err = unix.MemfdCreate(name, unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return "", nil
	}
	file = os.NewFile(uintptr(fd), name)
	path = fmt.Sprintf("/proc/self/fd/%d", fd)
	const all = unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
	_, err = file.Write(data)
	if err == nil {
		err = unix.Fchmod(fd, 0o600)
	}
	if err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, all)
	}
	if err == nil {
		var again *os.File
		if again, err = os.Open(path); err == nil {
			err = again.Close()
		}
	}
	if err != nil {
		_ = file.Close()
		return "", nil
	}
	return path, file
}

// replace puts the program in the place of this one.
func (c Child) replace() error {
	err := unix.Exec(c.Args[0], c.Args, c.Env)
	return &fs.PathError{Op: "exec", Path: c.Args[0], Err: err}
}
