package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// accessList is the attribute of a file's POSIX access list. A mode alone says less: where there is a list, the mode's
// group bits are the list's mask, and without the list they would be the rights of the whole group.
const accessList = "system.posix_acl_access"

// keepAttributes gives the file to the extended attributes of the file from: access lists, security labels, and what
// users and programs put there. With narrow, the access list is left out.
func keepAttributes(from, to string, narrow bool) error {
	names, err := attributes(from)
	if err != nil {
		return err
	}
	inherited, err := attributes(to)
	if err != nil {
		return err
	}
	for _, name := range inherited { // from the folder's default list
		if name == accessList {
			if err := syscall.Removexattr(to, name); err != nil {
				return fmt.Errorf("remove its inherited access list: %w", err)
			}
		}
	}
	for _, name := range names {
		if name == accessList && narrow {
			continue
		}
		if err := keepAttribute(from, to, name); err != nil {
			return fmt.Errorf("keep its attribute %s: %w", name, err)
		}
	}
	return nil
}

func keepAttribute(from, to, name string) error {
	value, err := attribute(from, name)
	if err != nil {
		return err
	}
	if have, err := attribute(to, name); err == nil && bytes.Equal(have, value) {
		return nil // a label that the system gives each file
	}
	return syscall.Setxattr(to, name, value, 0)
}

// attributes are the names of a file's extended attributes; none where the file system has no such thing.
func attributes(path string) ([]string, error) {
	list, err := grow(func(b []byte) (int, error) { return syscall.Listxattr(path, b) })
	if unsupported(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(list), func(r rune) bool { return r == 0 }), nil
}

func attribute(path, name string) ([]byte, error) {
	return grow(func(b []byte) (int, error) { return syscall.Getxattr(path, name, b) })
}

// grow calls get with a buffer that is large enough.
func grow(get func([]byte) (int, error)) ([]byte, error) {
	for size := 1024; ; size *= 4 {
		b := make([]byte, size)
		n, err := get(b)
		if errors.Is(err, syscall.ERANGE) && size < 1<<20 {
			continue
		}
		if err != nil {
			return nil, err
		}
		return b[:n], nil
	}
}
