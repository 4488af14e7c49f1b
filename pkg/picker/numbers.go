package picker

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// mostNumbered is how many rows are listed at once: a screen reader reads all of them.
const mostNumbered = 20

// chooseByNumber lists the rows with numbers, and asks for one, or for a part of what it shows.
func chooseByNumber(ctx context.Context, p plugin.Process, list List) (int, error) {
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
	for {
		answer, err := p.Answer(ctx, "Number, or a part of the name (nothing: leave):")
		switch {
		case ctx.Err() != nil:
			return 0, errLeft()
		case err != nil:
			return 0, err
		case answer == "" || answer == "q" && !f.begins(answer):
			return 0, errLeft()
		}
		rows := f.all(answer)
		if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(list.Rows) {
			rows = []int{n - 1}
		}
		switch {
		case len(rows) == 0:
			p.Note("Nothing fits %q.", answer)
		case len(rows) > 1:
			say(rows)
		case list.Rows[rows[0]].Unusable != "":
			p.Note("%s cannot be chosen: %s", list.Rows[rows[0]].Cells[0], list.Rows[rows[0]].Unusable)
		default:
			p.Note("%s", list.chosen(rows[0]))
			return rows[0], nil
		}
	}
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
