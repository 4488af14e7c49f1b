package plugin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// mayBeEmpty marks the flags of AllowEmpty.
const mayBeEmpty = "kubectl-edge/may-be-empty"

// AllowEmpty lets flags of fs be given an empty value, which must then mean something that their help says. All others
// refuse it: an empty value is mostly a variable of a script that is not set, and --ttl "" must not make a token that
// never ends.
func AllowEmpty(fs *pflag.FlagSet, names ...string) {
	for _, name := range names {
		if err := fs.SetAnnotation(name, mayBeEmpty, []string{"true"}); err != nil {
			panic(err) // there is no such flag
		}
	}
}

// MayBeEmpty reports whether AllowEmpty was called for a flag.
func MayBeEmpty(f *pflag.Flag) bool { return f.Annotations[mayBeEmpty] != nil }

// RefuseEmpty is the error for the first flag of fs that was given an empty value. Prepare has each command call it;
// one that parses flags by itself does too.
func RefuseEmpty(fs *pflag.FlagSet) error {
	var err error
	fs.Visit(func(f *pflag.Flag) {
		if err == nil && !MayBeEmpty(f) && isEmpty(f.Value) {
			err = hint.Wrap(fmt.Errorf("--%s is empty", f.Name),
				"leave the flag out, or check the variable that it comes from")
		}
	})
	return err
}

// isEmpty reports whether a value, or one of several, is empty or blank.
func isEmpty(v pflag.Value) bool {
	blank := func(s string) bool { return strings.TrimSpace(s) == "" }
	if list, ok := v.(pflag.SliceValue); ok {
		values := list.GetSlice()
		return len(values) == 0 || slices.ContainsFunc(values, blank)
	}
	return blank(v.String()) || v.Type() == "stringToString" && v.String() == "[]"
}
