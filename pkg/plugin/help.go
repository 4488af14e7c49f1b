package plugin

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// wrapHelp has help fit the terminal that it goes to. Elsewhere it stays as it is written.
func wrapHelp(root *cobra.Command, p Process) {
	columns := Columns(p.Out)
	if columns == 0 {
		return
	}
	plain := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		var text bytes.Buffer
		cmd.SetOut(&text)
		plain(cmd, args)
		cmd.SetOut(nil) // the root's
		_, _ = io.WriteString(p.Out, Wrap(text.String(), columns))
	})
}

// Columns is how wide the terminal is that out leads to, or 0 where it leads elsewhere.
func Columns(out io.Writer) int {
	if s, ok := out.(*Stream); ok {
		out = s.out
	}
	f, ok := out.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// Wrap breaks the lines of a help text that are longer than columns. Lines of prose are joined to paragraphs first;
// what stands in columns is continued in its last one. Examples stay whole: the terminal continues their lines itself,
// and what is copied there can be pasted, where a line that was broken here would run in two parts.
func Wrap(text string, columns int) string {
	var b strings.Builder
	var prose []string
	examples := false
	end := func() {
		b.WriteString(Fold(strings.Join(prose, " "), 0, columns))
		if prose != nil {
			b.WriteByte('\n')
		}
		prose = nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line != "" && line[0] != ' ' {
			examples = line == "Examples:"
		}
		if line != "" && line[0] != ' ' && !strings.HasSuffix(line, ":") && !strings.Contains(line, "  ") {
			prose = append(prose, line)
			continue
		}
		end()
		if !examples {
			line = Fold(line, lastColumn(line), columns)
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	end()
	return b.String()
}

// lastColumn is where the last column of a line begins, which two blanks or more set apart, also from its beginning.
func lastColumn(line string) int {
	begins := len(line) - len(strings.TrimLeft(line, " "))
	if at := strings.LastIndex(line, "  "); at > begins {
		begins = at + 2
	}
	return utf8.RuneCountInString(line[:begins])
}

// Fold breaks a line between words so that none is longer than columns, where words allow it, and indents what follows
// the first. Where there are no columns, or an indented line would be too narrow to read, it stays whole.
func Fold(line string, indent, columns int) string {
	const narrow = 16
	if utf8.RuneCountInString(line) <= columns || columns-indent < narrow {
		return line
	}
	var b strings.Builder
	runes := []rune(line)
	for len(runes) > columns {
		at := columns
		for at > indent && runes[at] != ' ' {
			at--
		}
		if at <= indent { // a word that is longer than the line: it stays whole, such as a path that is to be copied
			next := slices.Index(runes[columns:], ' ')
			if next < 0 {
				break
			}
			at = columns + next
		}
		b.WriteString(strings.TrimRight(string(runes[:at]), " ") + "\n")
		rest := strings.TrimLeft(string(runes[at:]), " ")
		runes = []rune(strings.Repeat(" ", indent) + rest)
	}
	b.WriteString(string(runes))
	return b.String()
}

// newHelpCmd is cobra's, but that a topic that there is not is an error.
func newHelpCmd(root *cobra.Command, unknown func(cmd *cobra.Command, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		ValidArgsFunction: func(_ *cobra.Command, args []string, word string) ([]cobra.Completion,
			cobra.ShellCompDirective) {
			cmd, _, err := root.Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []cobra.Completion
			for _, c := range cmd.Commands() {
				if c.IsAvailableCommand() && strings.HasPrefix(c.Name(), word) {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil {
				return unknown(root, args)
			}
			if len(rest) > 0 && cmd.HasSubCommands() {
				return unknown(cmd, rest)
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}
