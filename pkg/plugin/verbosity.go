package plugin

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// AddVerbose adds the flag -v, which takes kubectl's levels as well: any but 0 switches it on.
func AddVerbose(fs *pflag.FlagSet, on *bool, usage string) {
	fs.VarPF((*verbosity)(on), "verbose", "v", usage).NoOptDefVal = "true"
}

type verbosity bool

func (v *verbosity) String() string { return strconv.FormatBool(bool(*v)) }

func (v *verbosity) Type() string { return "bool" } // help shows no placeholder for it

func (v *verbosity) Set(value string) error {
	if level, err := strconv.Atoi(value); err == nil {
		*v = level > 0
		return nil
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return errors.New("want true, false, or a level of kubectl such as 6")
	}
	*v = verbosity(on)
	return nil
}

// levelsAsKubectl has args, before a --, spell kubectl's levels so that pflag reads them: -v 6, -v6, --v=6 and --v 6 as
// -v=6, which a flag that may be without a value wants. A program that is run gets its arguments as they are.
func levelsAsKubectl(root *cobra.Command, args []string) []string {
	flag := root.PersistentFlags().ShorthandLookup("v")
	if flag == nil {
		return args
	}
	if _, levels := flag.Value.(*verbosity); !levels {
		return args
	}
	var spelled []string
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--":
			spelled = append(spelled, args[i:]...)
			i = len(args)
		case (args[i] == "-v" || args[i] == "--v") && i+1 < len(args) && isLevel(args[i+1]):
			spelled = append(spelled, "-v="+args[i+1])
			i++
		case isLevel(strings.TrimPrefix(args[i], "-v")) && strings.HasPrefix(args[i], "-v"):
			spelled = append(spelled, "-v="+strings.TrimPrefix(args[i], "-v"))
		case args[i] == "--v" || strings.HasPrefix(args[i], "--v="):
			spelled = append(spelled, strings.TrimPrefix(args[i], "-"))
		default:
			spelled = append(spelled, args[i])
		}
	}
	if slices.Equal(spelled, args) {
		return args
	}
	if cmd, _, err := root.Find(spelled); err == nil && cmd.DisableFlagParsing {
		return args
	}
	return spelled
}

// isLevel reports whether a word is one of kubectl's levels: a longer number may be an ID.
func isLevel(word string) bool {
	level, err := strconv.Atoi(word)
	return err == nil && level >= 0 && level <= 10
}
