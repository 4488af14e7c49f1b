package edge

import (
	"errors"
	"strconv"

	"github.com/spf13/pflag"
)

// limitFlag is how many rows a list may have, 0 for all (pflag.Value). The STACKIT CLI has the same flag.
type limitFlag int

func addLimit(fs *pflag.FlagSet, limit *int) {
	fs.Var((*limitFlag)(limit), "limit", "list at most this many")
}

func (l *limitFlag) String() string {
	if *l == 0 {
		return ""
	}
	return strconv.Itoa(int(*l))
}

// Type names the value in help texts.
func (l *limitFlag) Type() string { return "int" }

// Set takes a number of at least 1.
func (l *limitFlag) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return errors.New("want a number of at least 1")
	}
	*l = limitFlag(n)
	return nil
}
