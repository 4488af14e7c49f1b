package secretstore

import (
	"errors"
	"fmt"
	"regexp"
	"sync"

	"github.com/zalando/go-keyring"
)

// Why a key is not in the keyring, in words for somebody who has never heard of D-Bus. They are kept with the key.
const (
	noKeyring     = "no keyring on this machine"
	lockedKeyring = "the keyring is locked"
	closedKeyring = "no keyring on this machine, or it is locked"
	deniedKeyring = "the keyring denied access"
	smallKeyring  = "the keyring does not take a key of this size"
	silentKeyring = "the keyring did not answer in time"
	// switchedOff is the reason where the environment keeps programs off the person's keyring, as a sandbox does.
	switchedOff = "the keyring is switched off in this environment"
)

// Patterns are made when they are wanted: seldom, and every command would make them at its start.
var (
	aboutLock = pattern(`(?i)\block(ed)?\b|\bunlock|dismissed`)
	// aboutNone is about the keyring that a session has by default, where it may also have none.
	aboutNone = pattern(`aliases/default`)
	aboutBus  = pattern(`(?i)\bd-?bus|freedesktop|secret service|\bdial unix\b|\.service\b`)
	// aboutAccess has AppArmor's and the bus's own words, Windows' and those of macOS for a session without a screen.
	aboutAccess = pattern(`(?i)denied\b|not permitted|not allowed|rejected send|policy prevents`)
	aboutTime   = pattern(`(?i)\btimed out\b|\btimeout\b|did not receive a reply|NoReply`)
	// aboutNowhere is what the library says where a system has no keyring, or a service has no collection.
	aboutNowhere = pattern(`^unsupported platform\b|^path not found$`)
)

func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// plain says what the system's keyring answered in words for people. Only what speaks of a missing bus or service means
// that there is no keyring: a limit of Windows or a denied access has a mend of its own, which those words would hide.
func plain(err error) error {
	switch {
	case err == nil || errors.Is(err, keyring.ErrNotFound) || errors.Is(err, errSwitchedOff):
		return err
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return errors.New(smallKeyring)
	}
	words := err.Error()
	switch {
	case words == noKeyring:
		return err
	case aboutAccess().MatchString(words):
		return errors.New(deniedKeyring)
	case aboutTime().MatchString(words):
		return errors.New(silentKeyring)
	case aboutNone().MatchString(words):
		return errors.New(closedKeyring)
	case aboutLock().MatchString(words):
		return errors.New(lockedKeyring)
	case aboutBus().MatchString(words), aboutNowhere().MatchString(words):
		return errors.New(noKeyring)
	}
	return fmt.Errorf("the keyring failed: %w", err)
}

var errSwitchedOff = errors.New(switchedOff)

// plainReason is a reason as it was kept, by an earlier version perhaps, which kept what the library said.
func plainReason(kept string) string {
	if !aboutBus().MatchString(kept) {
		return kept
	}
	return plain(errors.New(kept)).Error()
}
