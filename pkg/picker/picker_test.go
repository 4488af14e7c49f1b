package picker

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/kubectl-edge/kubectl-edge/pkg/colour"
)

// TestDecode reads what terminals send, whole and torn apart.
func TestDecode(t *testing.T) {
	for sent, want := range map[string][]press{
		"a":                                      {{letters, "a"}},
		"é日":                                     {{letters, "é"}, {letters, "日"}},
		"\x1b[A\x1bOA\x1b[B":                     {{key: up}, {key: up}, {key: down}},
		"\x1b[5~\x1b[6~":                         {{key: pageUp}, {key: pageDown}},
		"\x1b[H\x1b[1~\x1bOH\x1b[7~":             {{key: home}, {key: home}, {key: home}, {key: home}},
		"\x1b[F\x1b[4~\x1bOF\x1b[8~":             {{key: end}, {key: end}, {key: end}, {key: end}},
		"\r\n":                                   {{key: enter}, {key: enter}},
		"\x7f\x08\x17\x15":                       {{key: erase}, {key: erase}, {key: eraseWord}, {key: eraseAll}},
		"\x03\x04\x1a":                           {{key: interrupt}, {key: hangUp}, {key: suspend}},
		"\x1b":                                   {{key: escape}},
		"\x1b\x1b":                               {{key: escape}, {key: escape}},
		"\x1bx":                                  {{key: unknown}},
		"\x1b[1;5A":                              {{key: unknown}}, // Ctrl with an arrow
		"\x1b[?62;c\x1b[12;1R":                   {{key: unknown}, {key: unknown}},
		"\x1b[[A":                                {{key: unknown}}, // F1 of the Linux console
		"\x1b[\xffa":                             {{key: unknown}, {key: unknown}, {letters, "a"}},
		"\xffa\xc3":                              {{key: unknown}, {letters, "a"}, {key: unknown}},
		"\x1b[200~demo\r\nrm -rf\x1b[201~a":      {{letters, "demo"}, {letters, "a"}},
		"\x1b[200~ \n a\tb\x00\x1b[2Jc\x1b[201~": {{letters, "a b[2Jc"}},
		"\x1b[200~\x1b[201~":                     {{letters, ""}},
		"\x1b[200~torn":                          {{letters, "torn"}},
	} {
		var got []press
		rest := []byte(sent)
		for len(rest) > 0 {
			p, n := decode(rest, false)
			if n == 0 { // as after a pause
				p, n = decode(rest, true)
			}
			if n <= 0 {
				t.Fatalf("%q: nothing is taken of %q", sent, rest)
			}
			got, rest = append(got, p), rest[n:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", sent, got, want)
		}
		for i := 1; i < len(sent); i++ { // no beginning is taken for something else, but an escape and an odd byte
			if p, n := decode([]byte(sent[:i]), false); n > i {
				t.Errorf("%q: %v takes %d of %d bytes", sent[:i], p, n, i)
			}
		}
	}
}

// FuzzDecode takes all of what may come, and never more.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x1b[200~a\x1b[201~\x1b[1;5A\x1bO"), true)
	f.Fuzz(func(t *testing.T, data []byte, ended bool) {
		p, n := decode(data, ended)
		if n < 0 || n > len(data) || ended && n == 0 && len(data) > 0 {
			t.Fatalf("takes %d of %q", n, data)
		}
		for _, r := range p.text {
			if r < ' ' || r == 0x7f {
				t.Fatalf("%q comes out of %q", p.text, data)
			}
		}
	})
}

func places() List {
	return List{Title: "Project", Columns: []string{"NAME", "FOLDER", "ID"}, Rows: []Row{
		{Cells: []string{"plant", "north", "1111-aaaa"}},
		{Cells: []string{"plant", "south", "2222-bbbb"}},
		{Cells: []string{"retired", "", "3333-cccc"}, Unusable: "inactive"},
		{Cells: []string{"工場", "", "4444-dddd"}, Also: "east"},
	}}
}

// type types keys into a view, and returns what the last one came to.
func (v *view) types(keys string) (o outcome) {
	rest := []byte(keys)
	for len(rest) > 0 {
		p, n := decode(rest, true)
		rest, o = rest[n:], v.press(p)
	}
	return o
}

// TestChoice is what keys come to.
func TestChoice(t *testing.T) {
	const arrowUp, arrowDown, homeKey, endKey = "\x1b[A", "\x1b[B", "\x1b[H", "\x1b[F"
	for keys, want := range map[string]struct {
		outcome outcome
		row     int
	}{
		"\r":                              {chosen, 0},
		arrowDown + "\r":                  {chosen, 1},
		arrowUp + "\r":                    {chosen, 3}, // around
		endKey + "\r":                     {chosen, 3},
		endKey + homeKey + "\r":           {chosen, 0},
		"\x1b[6~\r":                       {chosen, 3},
		"south\r":                         {chosen, 1},
		"SOUTH plant\r":                   {chosen, 1}, // words, in any order and case
		"2222\r":                          {chosen, 1},
		"east\r":                          {chosen, 3}, // by what no column shows
		"工\r":                             {chosen, 3},
		"a\r":                             {chosen, 0}, // first by its name, although each id but one has it
		"d\x7fs\r":                        {chosen, 1},
		"souxx\x7f\x7f\r":                 {chosen, 1},
		"plant south\x17\x17south\r":      {chosen, 1},
		"zzz\x15\x1b[B\r":                 {chosen, 1},
		"\x1b[200~south\nrest\x1b[201~\r": {chosen, 1},
		"retired\r":                       {open, 2},
		"zzz\r":                           {open, -1},
		"q":                               {left, 0},
		"/q":                              {open, -1}, // a letter
		"xq":                              {open, -1},
		"/\x7fq":                          {left, 0},
		"\x1b":                            {left, 0},
		"pl\x1b":                          {left, 0},
		"\x03":                            {left, 0},
		"pl\x03":                          {left, 0},
		"\x04":                            {left, 0},
		"pl\x04":                          {open, 0},
		"\x1a":                            {stopped, 0},
	} {
		v := newView(places().printable(), colour.Pen{})
		if got := v.types(keys); got != want.outcome || v.highlighted() != want.row {
			t.Errorf("%q: outcome %d at row %d, want %d at %d", keys, got, v.highlighted(), want.outcome, want.row)
		}
	}

	v := newView(List{Rows: []Row{{Cells: []string{"old demo"}}, {Cells: []string{"Demo"}}}}.printable(), colour.Pen{})
	if got := v.types("dem\r"); got != chosen || v.highlighted() != 1 {
		t.Errorf("what begins with it comes first: outcome %d at row %d", got, v.highlighted())
	}
	v.types("\x15" + strings.Repeat("x", 2*longestQuery))
	if len(v.query) != longestQuery {
		t.Errorf("%d letters are kept of what was pasted by mistake", len(v.query))
	}
	v.types("\x15e\u0301👍🏽\x7f")
	if v.query != "e\u0301" {
		t.Errorf("erasing what looks like one letter leaves %q", v.query)
	}
	if v.types("\x7f"); v.query != "" {
		t.Errorf("erasing a letter with its accent leaves %q", v.query)
	}

	quarry := places()
	quarry.Rows[1].Cells[0] = "Quarry"
	v = newView(quarry.printable(), colour.Pen{})
	if got := v.types("q\r"); got != chosen || v.highlighted() != 1 {
		t.Errorf("q where a name begins with it: outcome %d at row %d", got, v.highlighted())
	}
}

// TestFrame draws for all sizes of a terminal, and looks that each line fits and says what has to be said.
func TestFrame(t *testing.T) {
	list := places()
	list.Note = "no instances in project 12345678-cccc-4bcd-8ccc-123456789abc, region eu01"
	list.Rows[0].Cells[0] = "\x1b[2J\x1b]0;evil\a\r\nplant\u202e"
	for i := range 40 {
		list.Rows = append(list.Rows, Row{Cells: []string{strings.Repeat("長い名前", i), "e\u0301", "👩‍🏭-" + fmt.Sprint(i)},
			Unusable: strings.Repeat("so ", i%3)})
	}
	list = list.printable()
	for _, width := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 19, 20, 21, 30, 59, 60, 61, 100, 160, 1000} {
		for _, height := range []int{1, 2, 3, 4, 5, 8, 24} {
			v := newView(list, colour.Pen{})
			for _, keys := range []string{"", "\x1b[F", "\x1b[A", strings.Repeat("長", 90), "\x15south", "\r"} {
				v.types(keys)
				lines, cursor := v.frame(width, height)
				if width < 4 { // of which nobody reads anything
					continue
				}
				if len(lines) > height || cursor >= width {
					t.Fatalf("%dx%d: %d lines, cursor at %d", width, height, len(lines), cursor)
				}
				for _, line := range lines {
					if displaywidth.String(line) > width-1 || strings.ContainsAny(line, "\x1b\r\n\a\u202e") {
						t.Fatalf("%dx%d: %q has %d columns", width, height, line, displaywidth.String(line))
					}
				}
				marked := func(l string) bool { return strings.HasPrefix(l, ">") }
				if height > 4 && !slices.ContainsFunc(lines, marked) &&
					v.highlighted() >= 0 {
					t.Fatalf("%dx%d: no row is highlighted:\n%s", width, height, strings.Join(lines, "\n"))
				}
			}
		}
	}

	for width, want := range map[int]string{
		60: `Project:   4 of 4
  NAME     FOLDER  ID
> plant    north   1111-aaaa
  plant    south   2222-bbbb
  retired          3333-cccc  (inactive)
  工場             4444-dddd
Enter: choose  Esc or q: leave  type to filter`,
		20: `Project:   4 of 4
  NAME     FOLDER
> plant    north
  plant    south
  retired  (inacti…
  工場
plant  north
1111-aaaa
Enter or Esc`,
	} {
		lines, _ := newView(places().printable(), colour.Pen{}).frame(width, 24)
		if got := strings.Join(lines, "\n"); got != want {
			t.Errorf("%d columns: got\n%s\nwant\n%s", width, got, want)
		}
	}
}

// A column in which no row says anything has no room taken for it, and a letter that is torn apart is waited for.
func TestLittle(t *testing.T) {
	list := List{Columns: []string{"NAME", "FOLDER", "ID"}, Rows: []Row{{Cells: []string{"a", "", "1"}},
		{Cells: []string{"b", "", "2"}}}}.printable()
	if fmt.Sprint(list.Columns, list.Rows[1].Cells) != "[NAME ID] [b 2]" {
		t.Errorf("columns %q, cells %q", list.Columns, list.Rows[1].Cells)
	}
	if p, n := decode([]byte("é")[:1], false); n != 0 {
		t.Errorf("half a letter is %v", p)
	}
}

// TestManyRows: what a key costs does not grow faster than the rows.
func TestManyRows(t *testing.T) {
	rows := func(n int) []Row {
		var rows []Row
		for i := range n {
			rows = append(rows, Row{Cells: []string{fmt.Sprintf("site%05d", i), fmt.Sprintf("site%05d-3714d85", i),
				"active"}})
		}
		return rows
	}
	work := func(n int) float64 {
		list := List{Title: "Instance", Columns: []string{"NAME", "ID", "STATUS"}, Rows: rows(n)}
		return testing.AllocsPerRun(1, func() {
			v := newView(list, colour.Pen{})
			v.types("9\x1b[F\x1b[5~9\x7f\x1b[A")
			v.frame(80, 24)
		})
	}
	if small, large := work(1000), work(10_000); large > 11*small {
		t.Errorf("1,000 rows take %.0f allocations, 10,000 rows %.0f", small, large)
	}
}

// TestSeveral marks rows with Tab, which stay marked while others are looked for.
func TestSeveral(t *testing.T) {
	for keys, want := range map[string][]int{
		"\r\r":                      {0}, // none is marked: the highlighted one
		"\x1b[B\r\r":                {1},
		"\r\x1b[B\r\r":              {1},
		"plant\r\t\r":               {0},
		"\t\t\r":                    {0, 1},
		"\t\x1b[A\t\t\r":            {1},
		"east\t\x15plant south\t\r": {1, 3},
	} {
		list := places()
		list.several = true
		v := newView(list.printable(), colour.Pen{})
		if o := v.types(keys); o != chosen || !slices.Equal(v.chosenRows(), want) {
			t.Errorf("%q: got %v, %v, want %v", keys, o, v.chosenRows(), want)
		}
	}

	list := places()
	list.several, list.Verb = true, "remove"
	for _, once := range []string{"\r", "\r\x1b[B\r", "\rplant\r", "\t\x1b[A\t\r"} {
		v := newView(list.printable(), colour.Pen{})
		o := v.types(once)
		lines, _ := v.frame(80, 24)
		const asks = "none is marked: Enter again to remove plant"
		if text := strings.Join(lines, "\n"); o != open || !strings.Contains(text, asks) {
			t.Errorf("%q: got %v and\n%s", once, o, text)
		}
	}
	v := newView(list.printable(), colour.Pen{})
	v.types("\t\t\t") // the third one cannot be
	lines, _ := v.frame(80, 24)
	text := strings.Join(lines, "\n")
	for _, want := range []string{"4 of 4, 2 marked", " *plant    north", "> retired", "cannot be chosen: inactive",
		"Enter: remove the 2 marked", "Tab: mark"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	v = newView(places().printable(), colour.Pen{})
	if v.types("\t\r"); !slices.Equal(v.chosenRows(), []int{1}) || strings.Contains(v.help(80), "Tab") {
		t.Errorf("where one is chosen, Tab marks: %v, %s", v.chosenRows(), v.help(80))
	}
}

func TestNumbersOfSeveral(t *testing.T) {
	list := places()
	if list.numbered("1 2") != nil || !slices.Equal(list.numbered("2"), []int{1}) {
		t.Error("several are taken where one is chosen")
	}
	list.several = true
	for answer, want := range map[string][]int{
		"2": {1}, "4,1 1": {0, 3}, "": nil, "5": nil, "1 east": nil, "0": nil,
	} {
		if got := list.numbered(answer); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", answer, got, want)
		}
	}
}
