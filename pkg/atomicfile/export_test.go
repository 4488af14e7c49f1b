package atomicfile

// Backup is the backup of a file that is written in place.
func Backup(old, new []byte) []byte { return backup{old, new}.marshal() }
