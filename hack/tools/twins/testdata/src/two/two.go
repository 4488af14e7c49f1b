package two

import "strings"

type failure struct{ text string }

func (f failure) Error() string { return f.text }

func first(line string) string {
	word, _, _ := strings.Cut(line, " ")

	return word
}

func second(line string) string {
	_, rest, _ := strings.Cut(line, "\t")
	return first(rest)
}
