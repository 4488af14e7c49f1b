package tokencache

import (
	"fmt"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
)

const (
	// Variable is the environment variable that switches the cache off when it is None.
	Variable = "KUBECTL_EDGE_CACHE"
	// Setting is the setting of the configuration that does the same.
	Setting = "cache"
	// None keeps tokens off the disk, in Variable and in the configuration.
	None = "none"
)

// Open returns the store for tokens below d, without touching it, or one that keeps nothing where the user wants that.
// This is the only place that decides it: by the configuration's Setting, configured, and by the environment's
// Variable.
//
// A program that answers from the cache alone may leave configured empty: the configuration's bytes are part of a key,
// so that there is never a token under the key of a configuration that wants none.
func Open(d dirs.Dirs, configured string, getenv func(string) string) (Store, error) {
	for _, s := range []struct{ by, value string }{
		{"$" + Variable, getenv(Variable)},
		{"the setting " + Setting, configured},
	} {
		if err := CheckSetting(s.value); err != nil {
			// Not a guess: a typing error would put secrets on a disk that shall have none.
			return Store{}, fmt.Errorf("%s: %w", s.by, err)
		}
		if s.value == None {
			return Store{offBy: s.by}, nil
		}
	}
	return folder(d), nil
}

// CheckSetting reports whether value can stand in Variable or Setting.
func CheckSetting(value string) error {
	if value != "" && value != None {
		return fmt.Errorf("cache %.60q: want %s, or an empty value to cache tokens", value, None)
	}
	return nil
}

func folder(d dirs.Dirs) Store { return Store{dir: d.Lent("tokens")} }
