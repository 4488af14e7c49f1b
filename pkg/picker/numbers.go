package picker

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// mostNumbered is how many rows are listed at once: a screen reader reads all of them.
const mostNumbered = 20

// chooseByNumber lists the rows with numbers, and asks for one, or for a part of what it shows.
func chooseByNumber(ctx context.Context, p plugin.Process, list List) ([]int, error) {
	f := newFilter(list.Rows)
	say := func(rows []int) {
		for _, i := range rows[:min(len(rows), mostNumbered)] {
			p.Note("%d. %s", i+1, spoken(list, i))
		}
		if more := len(rows) - mostNumbered; more > 0 {
			p.Note("%d more: type a part of the name", more)
		}
	}
	if list.Note != "" {
		p.Note("%s", list.Note)
	}
	p.Note("%s: %d to choose from", list.Title, len(list.Rows))
	say(f.all(""))
	question := "Number, or a part of the name (nothing: leave):"
	if list.several {
		question = "Numbers, or a part of the name (nothing: leave):"
	}
	for {
		answer, err := p.Answer(ctx, question)
		switch {
		case ctx.Err() != nil:
			return nil, errLeft()
		case err != nil:
			return nil, err
		case answer == "" || answer == "q" && !f.begins(answer):
			return nil, errLeft()
		}
		rows := f.all(answer)
		numbered := list.numbered(answer)
		if len(numbered) > 0 {
			rows = numbered
		}
		unusable := slices.IndexFunc(rows, func(i int) bool { return list.Rows[i].Unusable != "" })
		switch {
		case len(rows) == 0:
			p.Note("Nothing fits %q.", answer)
		case len(rows) > 1 && len(numbered) == 0:
			say(rows)
		case unusable >= 0:
			row := list.Rows[rows[unusable]]
			p.Note("%s cannot be chosen: %s", row.Cells[0], row.Unusable)
		default:
			p.Note("%s", list.chosen(rows))
			return rows, nil
		}
	}
}

// numbered are the rows of the numbers that an answer consists of, such as "1 3,4" where several can be chosen. It is
// nil for another answer.
func (l List) numbered(answer string) (rows []int) {
	words := strings.FieldsFunc(answer, func(r rune) bool { return r == ' ' || r == ',' })
	if len(words) > 1 && !l.several {
		return nil
	}
	for _, word := range words {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > len(l.Rows) {
			return nil
		}
		rows = append(rows, n-1)
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// spoken is a row in words, each cell with the name of its column, behind the first.
func spoken(list List, i int) string {
	row := list.Rows[i]
	parts := []string{}
	for c, cell := range row.Cells {
		switch {
		case cell == "":
		case c == 0 || c >= len(list.Columns):
			parts = append(parts, cell)
		default:
			parts = append(parts, strings.ToLower(list.Columns[c])+" "+cell)
		}
	}
	text := strings.Join(parts, ", ")
	if row.Unusable != "" {
		text += fmt.Sprintf(" (cannot be chosen: %s)", row.Unusable)
	}
	return text
}
