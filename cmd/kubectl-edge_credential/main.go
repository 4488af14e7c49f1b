// Command kubectl-edge_credential is the exec credential helper that kubeconfigs call.
package main

import (
	"os"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/plugins/credential"
)

// What the linker may set: see pkg/buildinfo.
var version, commit, date string

func main() {
	os.Exit(credential.Run(credential.Process{
		Args: os.Args, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Now: time.Now,
		Build: func() buildinfo.Info { return buildinfo.Of(version, commit, date) },
	}))
}
