package login

import (
	"errors"
	"io/fs"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
)

// CheckSpace tries whether the next refresh token and the mark of its renewal have a place: renewing makes that before
// it spends the one there is. It is not tried when there is no session.
func (a *Account) CheckSpace() (tried bool, err error) {
	_, err = a.session()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	mark, err := atomicfile.Reserve(a.renewalPath(), maxRenewalMark, 0o600)
	if err != nil {
		return true, err
	}
	defer mark.Abort()
	return true, a.Secrets.CheckSpace(sessionSpace)
}
