package atomicfile

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// keepAttributes gives the file to the access list of the file from: entries of its own, and whether it inherits those
// of its folder. With narrow, it is left with what the folder gives. Other streams, such as the mark of a download, are
// not kept.
func keepAttributes(from, to string, narrow bool) error {
	if narrow {
		return nil
	}
	security, err := windows.GetNamedSecurityInfo(from, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if unsupported(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read its access list: %w", err)
	}
	list, _, err := security.DACL()
	if err != nil {
		return nil // a file system without access lists
	}
	control, _, err := security.Control()
	if err != nil {
		return fmt.Errorf("read its access list: %w", err)
	}
	what := windows.SECURITY_INFORMATION(windows.DACL_SECURITY_INFORMATION)
	if control&windows.SE_DACL_PROTECTED != 0 {
		what |= windows.PROTECTED_DACL_SECURITY_INFORMATION
	} else {
		what |= windows.UNPROTECTED_DACL_SECURITY_INFORMATION
	}
	if err := windows.SetNamedSecurityInfo(to, windows.SE_FILE_OBJECT, what, nil, nil, list, nil); err != nil {
		return fmt.Errorf("keep its access list: %w", err)
	}
	return nil
}
