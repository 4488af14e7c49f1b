package fixedname

// checkSticky has nothing to check: there are no such folders.
func checkSticky(string) error { return nil }
