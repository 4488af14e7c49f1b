package picker

import "os"

// resizes: a console says so with its input, which is read as keys here. Each key draws for the size that it has.
func resizes() (<-chan os.Signal, func()) { return nil, func() {} }

// sleep does nothing: a console has no jobs to stop.
func sleep() {}
