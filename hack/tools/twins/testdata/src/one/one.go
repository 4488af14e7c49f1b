package one

import "strings"

type failure struct{ text string }

// A line is too little to count.
func (f failure) Error() string { return f.text }

// first is in two as well.
func first(line string) string {
	word, _, _ := strings.Cut(line, " ") // whatever comments say
	return word
}

// second has another body there.
func second(line string) string {
	_, rest, _ := strings.Cut(line, " ")
	return first(rest)
}

type list []string

// The receiver and its type do not make a difference.
func (l list) has(s string) bool {
	for _, line := range l {
		if line == s {
			return true
		}
	}
	return false
}
