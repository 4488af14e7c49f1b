package login

import (
	"errors"
	"io/fs"
)

// CheckSpace tries whether the next refresh token has a place: renewing makes that before it spends the one there is.
// It is not tried when there is no session.
func (a *Account) CheckSpace() (tried bool, err error) {
	_, err = a.session()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	return true, a.Secrets.CheckSpace(maxSecret)
}
