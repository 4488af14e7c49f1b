package ownfile

import "io/fs"

// NoFollow has no counterpart on Windows, where making symbolic links is a privilege.
const NoFollow = 0

// Windows keeps a user's profile folder to the user by inherited access control lists; there are no mode bits to check.
const (
	hasModes = false
	nonBlock = 0
)

func belongsToUser(fs.FileInfo, Access) bool { return true }

func isSymlinkError(error) bool { return false }
