package edge

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenfile"
)

// tokenFileFlags are about a file with a token, for programs that read one: the tokenFile of a kubeconfig, Prometheus'
// credentials_file.
type tokenFileFlags struct {
	path         string
	keepFresh    bool
	removeOnExit bool
	health       string // address of the health endpoint, "" for none
}

func (f *tokenFileFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&f.path, "write-to", "",
		"write the token to this file, which only you can read, instead of printing it; - prints")
	fs.BoolVar(&f.keepFresh, "keep-fresh", false,
		"stay, and replace the file's token before it expires, until interrupted")
	fs.BoolVar(&f.removeOnExit, "remove-on-exit", false, "remove the file when --keep-fresh ends")
	fs.StringVar(&f.health, "health-address", "",
		"with --keep-fresh, serve /healthz at this address of this machine, such as 127.0.0.1:8080")
}

func (f *tokenFileFlags) validate(format string) error {
	if f.path == "-" && !f.keepFresh {
		f.path = "" // which prints
	}
	switch {
	case f.keepFresh && f.path == "":
		return errors.New("--keep-fresh wants --write-to")
	case f.path == "-":
		return errors.New("--keep-fresh replaces a file, and cannot replace what is printed")
	case f.removeOnExit && !f.keepFresh:
		return errors.New("--remove-on-exit wants --keep-fresh")
	case f.health != "" && !f.keepFresh:
		return errors.New("--health-address wants --keep-fresh")
	case f.path != "" && format != "":
		return errors.New("--write-to writes the token alone: leave out --output")
	case f.health != "":
		return tokenfile.CheckLoopback(f.health)
	}
	return nil
}
