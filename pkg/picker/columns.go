package picker

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

const (
	gap       = 2  // between columns
	leastCell = 6  // columns of the screen, below which a cell says nothing
	widest    = 48 // that one column takes from others
	cut       = "…"
)

// columns lays rows out.
type columns struct{ natural []int }

func newColumns(list List) columns {
	natural := make([]int, len(list.Columns))
	measure := func(cells []string) {
		for c, cell := range cells {
			if c < len(natural) {
				natural[c] = min(max(natural[c], displaywidth.String(cell)), widest)
			}
		}
	}
	measure(list.Columns)
	for _, row := range list.Rows {
		measure(row.Cells)
	}
	return columns{natural}
}

// fit are the widths on a screen: 0 for a column that has no room. The first ones matter most. What is left of one that
// does not fit is shown if it says something, and no other behind it.
func (c columns) fit(width int) []int {
	widths := make([]int, len(c.natural))
	for i, natural := range c.natural {
		room := width
		if i > 0 {
			room -= gap
		}
		if natural > room && room < leastCell && i > 0 {
			break
		}
		widths[i] = min(natural, max(room, 1))
		width = room - widths[i]
	}
	return widths
}

// line is a row in the widths of fit, and whether all of it is there.
func line(cells []string, widths []int) (text string, whole bool) {
	var b strings.Builder
	whole = true
	for i, cell := range cells {
		if i >= len(widths) || widths[i] == 0 {
			whole = whole && cell == ""
			continue
		}
		if i > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		short := displaywidth.TruncateString(cell, widths[i], cut)
		whole = whole && short == cell
		b.WriteString(short)
		b.WriteString(strings.Repeat(" ", widths[i]-displaywidth.String(short)))
	}
	return strings.TrimRight(b.String(), " "), whole
}

// wrap breaks a text into lines of a width, at most as many as there is room for.
func wrap(text string, width, most int) []string {
	var lines []string
	rest := strings.TrimSpace(text)
	for rest != "" && len(lines) < most {
		head := displaywidth.TruncateString(rest, width, "")
		if head == "" || len(lines) == most-1 {
			return append(lines, displaywidth.TruncateString(rest, width, cut))
		}
		if at := strings.LastIndex(head, " "); len(head) < len(rest) && at > 0 && rest[len(head)] != ' ' {
			head = head[:at]
		}
		lines = append(lines, strings.TrimRight(head, " "))
		rest = strings.TrimLeft(rest[len(head):], " ")
	}
	return lines
}
