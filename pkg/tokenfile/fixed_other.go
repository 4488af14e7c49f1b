//go:build !linux

package tokenfile

import (
	"os"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// checkFixed refuses a file that another program has open in a way that does not let it be replaced, on Windows.
func checkFixed(path string) error {
	if _, err := os.Lstat(path); err != nil {
		return nil
	}
	return securefile.CheckReplaceable(path)
}
