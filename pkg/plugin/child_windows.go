package plugin

import "os/exec"

// killedCode is the exit code for a program that did not end by itself.
func killedCode(*exec.ExitError) int { return 1 }
