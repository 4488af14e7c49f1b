package picker

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/kubectl-edge/kubectl-edge/pkg/colour"
)

const (
	mostRows     = 15  // of a long list, which scrolls
	detailLines  = 3   // about the highlighted row
	longestQuery = 200 // runes of what is typed: more was pasted by mistake
)

// view is what a person sees of a list, and what the keys do to it. It does no I/O.
type view struct {
	list    List
	filter  filter
	columns columns
	pen     colour.Pen
	qLeaves bool // until something is typed

	query   string
	slash   bool  // a filter was begun with /, so that q is a letter
	matches []int // the rows that fit the query
	marked  map[int]bool
	at, top int // in matches: the highlighted row, and the first one that is shown
	said    string
	asked   int // the row that Enter was pressed on last, with none marked; -1 for none
	shown   int // rows, of the last frame
}

func newView(list List, pen colour.Pen) *view {
	v := &view{list: list, filter: newFilter(list.Rows), columns: newColumns(list), pen: pen, said: list.Note,
		marked: map[int]bool{}, asked: -1}
	v.matches = v.filter.all("")
	v.at, v.shown, v.qLeaves = list.At, mostRows, !v.filter.begins("q")
	return v
}

// outcome is what a key comes to.
type outcome int

const (
	open outcome = iota
	chosen
	left
	stopped // for as long as the shell's user likes
)

// highlighted is the index of the row in the list, or -1 where nothing fits.
func (v *view) highlighted() int {
	if len(v.matches) == 0 {
		return -1
	}
	return v.matches[v.at]
}

// chosenRows are the marked rows, or the highlighted one where none is marked.
func (v *view) chosenRows() []int {
	if len(v.marked) == 0 {
		return []int{v.highlighted()}
	}
	return slices.Sorted(maps.Keys(v.marked))
}

func (v *view) press(p press) outcome {
	v.said = ""
	if p.key != enter {
		v.asked = -1
	}
	switch p.key {
	case letters:
		return v.letters(p.text)
	case enter:
		return v.choose()
	case escape, interrupt:
		return left
	case hangUp:
		if v.query == "" {
			return left
		}
	case suspend:
		return stopped
	case tab:
		v.mark()
	case erase:
		if v.query == "" {
			v.slash = false
		}
		v.find(v.query[:len(v.query)-lastGrapheme(v.query)])
	case eraseWord:
		v.find(v.query[:strings.LastIndex(strings.TrimRight(v.query, " "), " ")+1])
	case eraseAll:
		v.slash = false
		v.find("")
	default:
		v.move(p.key)
	}
	return open
}

// letters adds to the query. q leaves, as it does in other lists, where no word of a row begins with it.
func (v *view) letters(text string) outcome {
	if v.query == "" && !v.slash {
		switch {
		case text == "q" && v.qLeaves:
			return left
		case text == "/":
			v.slash = true
			return open
		}
	}
	query := []rune(v.query + text)
	v.find(string(query[:min(len(query), longestQuery)]))
	return open
}

func (v *view) choose() outcome {
	switch i := v.highlighted(); {
	case len(v.marked) > 0:
		return chosen
	case !v.usable():
		return open
	case v.list.several && v.asked != i:
		v.asked = i
		v.said = fmt.Sprintf("none is marked: Enter again to %s %s", v.list.Verb, v.list.Rows[i].Cells[0])
		return open
	}
	return chosen
}

// usable reports whether the highlighted row can be chosen, or says why not.
func (v *view) usable() bool {
	i := v.highlighted()
	switch {
	case i < 0:
		v.said = "nothing fits what was typed"
	case v.list.Rows[i].Unusable != "":
		v.said = "cannot be chosen: " + v.list.Rows[i].Unusable
	default:
		return true
	}
	return false
}

// mark marks the highlighted row, or no longer does, and goes to the next one. Where one row is chosen, it only moves.
func (v *view) mark() {
	if v.list.several {
		if !v.usable() {
			return
		}
		if i := v.highlighted(); v.marked[i] {
			delete(v.marked, i)
		} else {
			v.marked[i] = true
		}
	}
	v.move(down)
}

// find takes a new query, and stays at the row as long as that fits.
func (v *view) find(query string) {
	if query == v.query {
		return
	}
	before := v.highlighted()
	v.matches = v.filter.all(query)
	typedMore := len(query) > len(v.query)
	v.query, v.at = query, 0
	if typedMore { // the first one that fits is meant, until a person moves
		return
	}
	for at, i := range v.matches {
		if i == before {
			v.at = at
		}
	}
}

func (v *view) move(k key) {
	last := len(v.matches) - 1
	switch k {
	case up:
		v.at--
		if v.at < 0 {
			v.at = last
		}
	case down:
		v.at++
		if v.at > last {
			v.at = 0
		}
	case pageUp:
		v.at -= v.shown
	case pageDown:
		v.at += v.shown
	case home:
		v.at = 0
	case end:
		v.at = last
	}
	v.at = max(min(v.at, last), 0)
}

// frame is what the screen shows: lines that are narrower than it, the first one with the cursor behind what was
// typed.
func (v *view) frame(width, height int) (lines []string, cursor int) {
	width = max(width-1, 1) // a full line would have some terminals begin another
	prompt, cursor := v.prompt(width)
	lines = append(lines, prompt)
	details, help := v.details(width), v.help(width)
	room := height - 1
	spare := func(n, least int) bool { // whether n lines have room beside some rows
		if room-n < least {
			return false
		}
		room -= n
		return true
	}
	details = details[:min(len(details), max(room-2, 0))]
	spare(len(details), 0)
	if !spare(1, 2) {
		help = ""
	}
	headed := len(v.list.Columns) > 1 && spare(1, 3)
	v.shown = max(min(room, mostRows, len(v.list.Rows)), 0)
	v.top = min(max(v.top, v.at-v.shown+1), v.at, max(len(v.matches)-v.shown, 0))
	if headed {
		header, _ := line(v.list.Columns, v.columns.fit(max(width-2, 1)))
		lines = append(lines, v.pen.Dim("  "+header))
	}
	for at := v.top; at < min(v.top+v.shown, len(v.matches)); at++ {
		lines = append(lines, v.row(at, width))
	}
	lines = append(lines, details...)
	if help != "" {
		lines = append(lines, v.pen.Dim(help))
	}
	return lines, cursor
}

// prompt is the line with what was typed, whose end is seen where it is too long.
func (v *view) prompt(width int) (text string, cursor int) {
	title := v.list.Title + ": "
	if displaywidth.String(title) > width/2 {
		title = ""
	}
	typed, room := v.query, max(width-displaywidth.String(title)-1, 1)
	if v.slash && v.query == "" {
		typed = "/"
	}
	for displaywidth.String(typed) > room {
		typed = typed[firstGrapheme(typed):]
	}
	cursor = min(displaywidth.String(title+typed), width)
	text = v.pen.Bold(title) + typed
	count := fmt.Sprintf("  %d of %d", len(v.matches), len(v.list.Rows))
	if len(v.marked) > 0 {
		count += fmt.Sprintf(", %d marked", len(v.marked))
	}
	if cursor+len(count) < width {
		text += v.pen.Dim(count)
	}
	return text, cursor
}

func (v *view) row(at, width int) string {
	row := v.list.Rows[v.matches[at]]
	mark := "  "
	if at == v.at {
		mark = "> "
	}
	if v.marked[v.matches[at]] {
		mark = mark[:1] + "*"
	}
	text, _ := v.cells(row, max(width-len(mark), 1))
	switch {
	case row.Unusable != "":
		return mark + v.pen.Dim(text)
	case at == v.at:
		return v.pen.Bold(mark + text)
	}
	return mark + text
}

// cells is the text of a row, and whether all of it is there. A reason is said beside the name however little room
// there is: being dimmed says nothing to people who cannot see it.
func (v *view) cells(row Row, width int) (text string, whole bool) {
	if row.Unusable == "" {
		return line(row.Cells, v.columns.fit(width))
	}
	if width < 2*leastCell {
		text, _ = line(row.Cells, v.columns.fit(width))
		return text, false
	}
	reason := "(" + row.Unusable + ")"
	room := max(width/2, width-displaywidth.String(row.Cells[0])) - gap
	short := displaywidth.TruncateString(reason, room, cut)
	text, whole = line(row.Cells, v.columns.fit(max(width-gap-displaywidth.String(short), 1)))
	return text + strings.Repeat(" ", gap) + short, whole && short == reason
}

// details are what was said last, or all of the highlighted row where the screen is too narrow for it.
func (v *view) details(width int) []string {
	if v.said != "" {
		return wrap(v.said, width, detailLines)
	}
	i := v.highlighted()
	if i < 0 {
		return wrap("nothing fits what was typed", width, detailLines)
	}
	row := v.list.Rows[i]
	if _, whole := v.cells(row, max(width-2, 1)); whole {
		return nil
	}
	text := strings.Join(row.said(), "  ")
	if row.Unusable != "" {
		text += "  (" + row.Unusable + ")"
	}
	return wrap(text, width, detailLines)
}

// help are the keys, as far as there is room.
func (v *view) help(width int) string {
	leave := "Esc or q: leave"
	if v.query != "" || v.slash || !v.qLeaves {
		leave = "Esc: leave"
	}
	take := "Enter: " + v.list.Verb
	if n := len(v.marked); n > 0 {
		take += fmt.Sprintf(" the %d marked", n)
	}
	if len(take+"  "+leave) > width {
		return displaywidth.TruncateString("Enter or Esc", width, "")
	}
	text := ""
	keys := []string{take, leave, "type to filter", "arrows, PgUp, PgDn, Home, End: move"}
	if v.list.several {
		keys = slices.Insert(keys, 1, "Tab: mark")
	}
	for _, k := range keys {
		if text != "" {
			k = "  " + k
		}
		if len(text)+len(k) > width {
			break
		}
		text += k
	}
	return text
}

func firstGrapheme(s string) int {
	g := displaywidth.StringGraphemes(s)
	g.Next()
	return len(g.Value())
}

func lastGrapheme(s string) int {
	g, last := displaywidth.StringGraphemes(s), 0
	for g.Next() {
		last = len(g.Value())
	}
	return last
}
