package secretstore

import (
	"errors"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"
)

// TestWordsOfKeyrings has what libraries say of a keyring said without words of a bus, also what an earlier version
// kept.
func TestWordsOfKeyrings(t *testing.T) {
	for _, c := range []struct {
		answer error
		want   string
	}{
		{errors.New("dbus: invalid bus address (no transport)"), noKeyring},
		{errors.New("dial unix /run/user/1000/bus: connect: no such file or directory"), noKeyring},
		{errors.New("no D-Bus session, and so no Secret Service, on this machine or in this environment"), noKeyring},
		{dbus.MakeFailedError(errors.New("The name org.freedesktop.secrets was not provided by any .service files")),
			noKeyring},
		{errors.New("failed to unlock correct collection '/org/freedesktop/secrets/collection/login'"), lockedKeyring},
		{errors.New("failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'"), closedKeyring},
	} {
		if got := plain(c.answer); got.Error() != c.want {
			t.Errorf("%v: got %q, want %q", c.answer, got, c.want)
		}
		if got := plainReason(c.answer.Error()); got != c.want {
			t.Errorf("%v, kept: got %q, want %q", c.answer, got, c.want)
		}
	}
	for _, c := range []struct {
		answer error
		want   string
	}{
		{keyring.ErrSetDataTooBig, smallKeyring},
		{keyring.ErrUnsupportedPlatform, noKeyring},
		{errors.New("path not found"), noKeyring},
		{errors.New(noKeyring), noKeyring},
		{dbus.MakeFailedError(errors.New("An AppArmor policy prevents this sender from sending this message")),
			deniedKeyring},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.AccessDenied"}, deniedKeyring},
		{dbus.Error{Name: "org.freedesktop.DBus.Error.NoReply"}, silentKeyring},
		{errors.New("dial unix /run/user/1000/bus: connect: permission denied"), deniedKeyring},
		{errors.New("Access is denied."), deniedKeyring},
		{errors.New("User interaction is not allowed."), deniedKeyring},
		{errors.New("A specified logon session does not exist."),
			"the keyring failed: A specified logon session does not exist."},
		{errors.New("exit status 161"), "the keyring failed: exit status 161"},
	} {
		if got := plain(c.answer); got.Error() != c.want {
			t.Errorf("%v: got %q, want %q", c.answer, got, c.want)
		}
		if got := plainReason(c.want); got != c.want {
			t.Errorf("%s, kept: got %q", c.want, got)
		}
	}
	if got := plain(keyring.ErrNotFound); got != keyring.ErrNotFound {
		t.Errorf("got %v, want what callers look for", got)
	}
	const ours = "the keyring did not answer within 1s: it hangs"
	if got := plainReason(ours); got != ours {
		t.Errorf("got %q", got)
	}
}
