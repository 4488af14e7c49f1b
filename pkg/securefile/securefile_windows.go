package securefile

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// NoFollow makes Open fail where the last part of a path is a symbolic link. It is a bit that no flag of the system
// has.
const NoFollow = 1 << 17

// NonBlock is not needed on Windows, whose pipes have no paths that are opened to read.
const NonBlock = 0

// Windows keeps a user's profile folder to the user by inherited access control lists; there are no mode bits to check.
const hasModes = false

// Next is what a person can do about it.
func (e *Error) Next() string {
	if e.Reason == otherUser || strings.HasSuffix(e.Reason, givesAccess) {
		return "have a look at it; it must be yours alone: icacls " + hint.Word(e.Path)
	}
	return e.moveAway()
}

func belongsToUser(fs.FileInfo, Access) bool { return true }

func isSymlinkError(err error) bool { return errors.Is(err, syscall.ELOOP) }

// OwnFolder is what a person can do about folders that are another user's.
const OwnFolder = "name a folder of your own (USERPROFILE, XDG_CONFIG_HOME, XDG_STATE_HOME)"

// InOthersFolder is never the case here: who may use a folder is not a matter of who owns the one above.
func InOthersFolder(string) bool { return false }
