//go:build unix && !darwin

package secretstore

import (
	"errors"
	"fmt"
	"os"
)

// reachable reports whether there is a session bus to ask. Without one the D-Bus library would start one with
// dbus-launch, which would stay behind; the places are the ones where that library looks.
func reachable() error {
	switch address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address {
	case "", "autolaunch:":
	case "disabled:":
		return errSwitchedOff
	default:
		return nil
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(fmt.Sprintf("/run/user/%d/%s", os.Getuid(), name)); err == nil {
			return nil
		}
	}
	return errors.New(noKeyring)
}
