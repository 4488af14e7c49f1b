// Command bare prints a constant: what is left of a credential helper when nothing is left to do.
package main

import "os"

// answer is set by the linker: an ExecCredential.
var answer = "unset\n"

func main() {
	if _, err := os.Stdout.WriteString(answer); err != nil {
		os.Exit(1)
	}
}
