//go:build unix

package login

import (
	"context"
	"errors"
	"os"
	"testing"
)

// asked is a credential that fails the test when somebody is asked for it.
type asked struct{ t *testing.T }

func (asked) Method() string { return MethodBrowser }

func (c asked) authenticate(context.Context, *Account) (result, error) {
	c.t.Error("a person was asked to sign in, in vain")
	return result{}, errors.New("asked")
}

// Where the session cannot be kept nobody signs in.
func TestFolderOfSessionsIsTriedFirst(t *testing.T) {
	w := newWorld(t)
	sessions := w.dir + "/state/sessions"
	if err := os.MkdirAll(sessions, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(sessions, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := w.account().Login(t.Context(), asked{t})
	wantError(t, err, "sessions: its mode 0777 gives other users access", "")
}
