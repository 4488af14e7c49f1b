package talosaccess

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

const (
	// Admin may do everything on each node, and so on everything that runs on them.
	Admin = "os:admin"
	// Reader may read what holds no secrets.
	Reader = "os:reader"

	impersonator = "os:impersonator"
	prefix       = "os:"
)

// Roles are those that a certificate can have, the most powerful first. Talos' nodes sign any name, so a name that is
// misspelt would make a certificate that opens nothing.
func Roles() []string {
	return []string{Admin, "os:operator", Reader, "os:etcd:backup", "os:image:verifier", "os:meta:writer"}
}

// CheckRoles reports whether a certificate may be asked for with these roles.
func CheckRoles(roles []string) error {
	if len(roles) == 0 {
		return errors.New("want at least one role")
	}
	for i, role := range roles {
		switch {
		case role == impersonator:
			return fmt.Errorf("role %s can act in any other role, whatever else the certificate says: it is not issued",
				role)
		case slices.Contains(roles[:i], role):
			return fmt.Errorf("role %s is there twice", role)
		case slices.Contains(Roles(), role):
		default:
			err := fmt.Errorf("unknown role %.80q: want one of %s", role, strings.Join(Roles(), ", "))
			if slices.Contains(Roles(), prefix+role) {
				return hint.DidYouMean(err, "--role "+prefix+role)
			}
			return hint.Among(err, "--role ", role, Roles())
		}
	}
	return nil
}
