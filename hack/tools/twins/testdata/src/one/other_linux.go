package one

// The same package may say it again, for one system.
func (l list) holds(s string) bool {
	return l.has(s) && len(l) > 1 && second(s) != first(s)
}
