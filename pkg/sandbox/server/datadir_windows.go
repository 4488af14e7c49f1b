package server

import "io/fs"

// sharedWith says nothing: modes do not say it on Windows, where a person's folders are theirs.
func sharedWith(fs.FileInfo) string { return "" }
