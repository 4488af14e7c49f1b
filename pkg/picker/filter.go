package picker

import (
	"slices"
	"strings"
)

// filter finds the rows that have all words of a query, in whatever column and case.
type filter struct{ names, texts []string }

func newFilter(rows []Row) filter {
	f := filter{make([]string, len(rows)), make([]string, len(rows))}
	for i, row := range rows {
		f.names[i] = strings.ToLower(row.Cells[0])
		f.texts[i] = strings.ToLower(strings.Join(row.Cells, "\n") + "\n" + row.Also + "\n" + row.Unusable)
	}
	return f
}

// all are the indices of the rows that fit, as they come, but those whose names begin with the query first, and then
// those whose names have its words: a letter is in many ids.
func (f filter) all(query string) []int {
	query = strings.ToLower(query)
	words := strings.Fields(query)
	beginning, named, others := []int{}, []int{}, []int{}
	for i, text := range f.texts {
		switch {
		case !hasAll(text, words):
		case strings.HasPrefix(f.names[i], query):
			beginning = append(beginning, i)
		case hasAll(f.names[i], words):
			named = append(named, i)
		default:
			others = append(others, i)
		}
	}
	return slices.Concat(beginning, named, others)
}

func hasAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// begins reports whether a word of some row begins with a letter, which is lower case.
func (f filter) begins(letter string) bool {
	return slices.ContainsFunc(f.texts, func(text string) bool {
		return strings.HasPrefix(text, letter) || strings.Contains(text, " "+letter) ||
			strings.Contains(text, "\n"+letter)
	})
}
