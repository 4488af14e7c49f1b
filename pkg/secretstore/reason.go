package secretstore

import (
	"errors"
	"regexp"

	"github.com/zalando/go-keyring"
)

// Why a key is not in the keyring, in words for somebody who has never heard of D-Bus. They are kept with the key.
const (
	noKeyring     = "no keyring on this machine"
	lockedKeyring = "the keyring is locked"
	closedKeyring = "no keyring on this machine, or it is locked"
	// switchedOff is the reason where the environment keeps programs off the person's keyring, as a sandbox does.
	switchedOff = "the keyring is switched off in this environment"
)

var (
	aboutLock = regexp.MustCompile(`(?i)\block(ed)?\b|\bunlock|dismissed`)
	// aboutNone is about the keyring that a session has by default, where it may also have none.
	aboutNone = regexp.MustCompile(`aliases/default`)
	aboutBus  = regexp.MustCompile(`(?i)\bd-?bus|freedesktop|secret service|\bdial unix\b|\.service\b`)
)

// plain says what the system's keyring answered in words for people. What it does not know means that there is no
// keyring that a program could use: the Secret Service's library has an error of its own for each way in which a bus,
// a service or a collection of it is not there.
func plain(err error) error {
	switch {
	case err == nil || errors.Is(err, keyring.ErrNotFound) || errors.Is(err, errSwitchedOff):
		return err
	case aboutNone.MatchString(err.Error()):
		return errors.New(closedKeyring)
	case aboutLock.MatchString(err.Error()):
		return errors.New(lockedKeyring)
	}
	return errors.New(noKeyring)
}

var errSwitchedOff = errors.New(switchedOff)

// plainReason is a reason as it was kept, by an earlier version perhaps, which kept what the library said.
func plainReason(kept string) string {
	if !aboutBus.MatchString(kept) {
		return kept
	}
	return plain(errors.New(kept)).Error()
}
