//go:build !linux

package caller

// environmentOf does not know: the other systems show a process's environment to nobody, or not reliably.
func environmentOf(int) (Environment, bool) { return nil, false }

func isShell(int) bool { return false }

func isKubectl(int) bool { return true }

func parentOf(int) (int, bool) { return 0, false }
