//go:build !linux

package edge

// keepOutOfDumps does nothing where Go has no core dumps of its own to fear: they are off unless GOTRACEBACK=crash and
// the system's limits are set for them.
func keepOutOfDumps() {}
