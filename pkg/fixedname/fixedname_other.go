//go:build !linux

package fixedname

import (
	"os"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Check refuses a file that another program has open in a way that does not let it be replaced, on Windows, and
// elsewhere another user's in a folder such as /tmp.
func Check(path string) error {
	if _, err := os.Lstat(path); err != nil {
		return nil
	}
	if err := checkSticky(path); err != nil {
		return err
	}
	return securefile.CheckReplaceable(path)
}
