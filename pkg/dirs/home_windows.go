package dirs

import "github.com/adrg/xdg"

// ofUser are the user's folders. On Windows the system names them, not $HOME, and so they are never missing.
func ofUser() (Dirs, error) {
	return Dirs{Config: xdg.ConfigHome, State: xdg.StateHome, Cache: xdg.CacheHome}, nil
}
