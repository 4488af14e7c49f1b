package dirs

import "errors"

const configBelow, stateBelow, cacheBelow = "", "", ""

// setHome is what to do where the user has no home folder.
const setHome = "set the variable USERPROFILE to the folder"

var errNoHome = errors.New("this user has no home folder")

// homeIsSet is true: on Windows the system names the folders, not $HOME.
func homeIsSet() bool { return true }

func userHome() string { return "" }
