// Package picker has a person choose one of many, or several, on a terminal: by typing a part of what the row shows, or
// with the arrows.
//
// It draws by itself, on the standard error, a few lines below what was said before. Libraries for whole screens
// (Bubble Tea, which huh stands on) ask the terminal for its abilities, whose answers arrive at the shell's prompt if
// a person is quick, and read on after the end, so that a key is lost to the next question.
package picker

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/colour"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// List is what there is to choose from.
type List struct {
	Title   string   // what is chosen, such as "Project"
	Columns []string // the header, of the columns that the rows have
	Rows    []Row
	At      int    // the row that is highlighted first
	Note    string // said above the rows, such as why a person is asked again
	Verb    string // what Enter does to a row; "" is "choose"
	several bool   // rows can be marked
}

// Row is one of a list. What it says may come from anybody: it is made printable here.
type Row struct {
	Cells    []string // the first one names it
	Also     string   // what else finds it
	Unusable string   // why it cannot be chosen; "" for a row that can
}

// Possible reports whether there is somebody to ask: who types, and reads what is asked.
func Possible(p plugin.Process) bool { return plugin.Terminal(p.In) && plugin.Terminal(p.ErrOut) }

// errLeft ends a command whose person left a list. They know that they did: nothing is said. The exit code is that of
// Ctrl-C, as fzf has it, whichever key it was.
func errLeft() error { return plugin.WithCode(plugin.ExitInterrupted, plugin.ErrSilent) }

// Choose returns the index of the row that a person chooses. Where the terminal cannot be drawn on (TERM=dumb), or the
// person wants plain text for a screen reader (ACCESSIBLE), the rows are numbered.
func Choose(ctx context.Context, p plugin.Process, list List) (int, error) {
	rows, err := choose(ctx, p, list)
	if err != nil {
		return 0, err
	}
	return rows[0], nil
}

// ChooseSeveral is Choose for any number of rows, at least one. They come in the order of the list. Where none is
// marked, a second Enter takes the highlighted one: the first may have come from a person who expects to take none.
func ChooseSeveral(ctx context.Context, p plugin.Process, list List) ([]int, error) {
	list.several = true
	return choose(ctx, p, list)
}

func choose(ctx context.Context, p plugin.Process, list List) ([]int, error) {
	if len(list.Rows) == 0 {
		return nil, errors.New("there is nothing to choose from")
	}
	list = list.printable()
	if colour.Dumb(p.Getenv) || accessible(p.Getenv) || !colour.Obeys(plugin.File(p.ErrOut)) {
		return chooseByNumber(ctx, p, list)
	}
	return chooseByKeys(ctx, p, list)
}

// accessible reports whether the user wants no lists that are drawn, as other programs with prompts ask it.
func accessible(getenv func(string) string) bool {
	value := getenv("ACCESSIBLE")
	wants, err := strconv.ParseBool(value)
	return value != "" && (err != nil || wants)
}

func (l List) printable() List {
	line := func(cells []string) []string {
		clean := make([]string, len(cells))
		for i, cell := range cells {
			clean[i] = hint.Printable(cell)
		}
		return clean
	}
	rows := make([]Row, len(l.Rows))
	for i, row := range l.Rows {
		rows[i] = Row{Cells: line(row.Cells), Also: row.Also, Unusable: hint.Printable(row.Unusable)}
	}
	l.Title, l.Columns, l.Rows, l.Note = hint.Printable(l.Title), line(l.Columns), rows, hint.Printable(l.Note)
	l.Verb = cmp.Or(hint.Printable(l.Verb), "choose")
	l.At = min(max(l.At, 0), len(rows)-1)
	return l.withoutEmptyColumns()
}

// withoutEmptyColumns leaves out the columns in which no row says anything.
func (l List) withoutEmptyColumns() List {
	for c := len(l.Columns) - 1; c > 0; c-- {
		if slices.ContainsFunc(l.Rows, func(r Row) bool { return c < len(r.Cells) && r.Cells[c] != "" }) {
			continue
		}
		l.Columns = slices.Delete(l.Columns, c, c+1)
		for i, row := range l.Rows {
			if c < len(row.Cells) {
				l.Rows[i].Cells = slices.Delete(row.Cells, c, c+1)
			}
		}
	}
	return l
}

// chosen is what stays on the terminal of a choice.
func (l List) chosen(rows []int) string {
	if len(rows) == 1 {
		return l.Title + ": " + strings.Join(l.Rows[rows[0]].said(), ", ")
	}
	names := make([]string, len(rows))
	for at, i := range rows {
		names[at] = l.Rows[i].Cells[0]
	}
	return l.Title + ": " + strings.Join(names, ", ")
}

// said are the cells that say something.
func (r Row) said() []string {
	return slices.DeleteFunc(slices.Clone(r.Cells), func(cell string) bool { return cell == "" })
}
