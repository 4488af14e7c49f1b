// Command kubectl-edge_credential is the exec credential helper that kubeconfigs call.
package main

import (
	"os"
	"time"

	"github.com/kubectl-edge/kubectl-edge/plugins/credential"
)

// version is set by the linker.
var version = "dev"

func main() {
	os.Exit(credential.Run(credential.Process{
		Args: os.Args, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now, Version: version,
	}))
}
