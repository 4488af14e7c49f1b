package dirs

import "errors"

const configBelow, stateBelow, cacheBelow = "", "", ""

var errNoHome = errors.New("this user has no home folder")

// homeIsSet is true: on Windows the system names the folders, not $HOME.
func homeIsSet() bool { return true }

func userHome() string { return "" }
