package ownfile

import "io/fs"

// Windows keeps a user's profile folder to the user by inherited access control lists; there are no mode bits to check.
const (
	hasModes = false
	noFollow = 0
	nonBlock = 0
)

func belongsToUser(fs.FileInfo, Access) bool { return true }

func isSymlinkError(error) bool { return false }
