package hint

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// DidYouMean gives err the question whether one of these words was meant. Where there are none, or too many to help,
// err stays as it is.
func DidYouMean(err error, words ...string) error {
	if question := Question(words...); err != nil && question != "" {
		return hinted{error: err, hint: question, guess: true}
	}
	return err
}

// Guessed reports whether the next step of err is a question of DidYouMean.
func Guessed(err error) bool {
	h, ok := errors.AsType[hinted](err)
	return ok && h.guess
}

// Among gives err, which is about a word that is not one of names, the question which of them was meant, each as it is
// typed behind before, such as "--role ".
func Among(err error, before, word string, names []string) error {
	alike := slices.DeleteFunc(Alike(word, names), func(name string) bool { return name == word })
	for i, name := range alike {
		if before == "" {
			alike[i] = Argument(name)
		} else {
			alike[i] = before + Word(name)
		}
	}
	return DidYouMean(err, alike...)
}

// Either are words of which one is wanted: a, b or c.
func Either(words ...string) string { return joined(words, "or") }

// All are words of which each counts: a, b and c.
func All(words ...string) string { return joined(words, "and") }

func joined(words []string, conjunction string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// Question asks whether one of these words was meant, or is "" where there are none, or too many to help.
func Question(words ...string) string {
	const most = 3
	if len(words) == 0 || len(words) > most {
		return ""
	}
	return fmt.Sprintf("did you mean %s?", Either(words...))
}

// Nearest is the one of Alike, or "" where that is not one.
func Nearest(word string, names []string) string {
	if alike := Alike(word, names); len(alike) == 1 {
		return alike[0]
	}
	return ""
}

// Slip are those of names that are one slip away from word, which does not begin them.
func Slip(word string, names []string) []string {
	return slices.DeleteFunc(Alike(word, names), func(name string) bool {
		return distance([]rune(strings.ToLower(word)), []rune(strings.ToLower(name))) > 1
	})
}

// Alike are those of names that somebody may have meant who typed word: those that it begins, or else those that are
// the fewest slips away, of which there may be two (a letter that is missing, too much, another, or swapped with its
// neighbour). Words of up to four letters allow one, else "ui" would be meant by everything. Case is not a slip.
func Alike(word string, names []string) []string {
	word = strings.ToLower(word)
	if word == "" || len(word) > maxNearest {
		return nil
	}
	letters := []rune(word)
	best := min(2, len(letters)/2)
	if len(letters) < 5 {
		best = min(1, best)
	}
	var begun, alike []string
	for _, name := range names {
		lower := strings.ToLower(name)
		switch {
		case lower == word:
			return []string{name}
		case strings.HasPrefix(lower, word):
			begun = append(begun, name)
		case len(begun) == 0 && len(lower) <= maxNearest: // what it begins goes first
			slips := distance(letters, []rune(lower))
			if slips < best {
				best, alike = slips, nil
			}
			if slips == best {
				alike = append(alike, name)
			}
		}
	}
	if begun != nil {
		alike = begun
	}
	slices.Sort(alike)
	return slices.Compact(alike)
}

// maxNearest bounds the work: nobody types that much by mistake.
const maxNearest = 64

// distance is how many slips lead from a to b (the optimal string alignment distance, which counts two neighbours that
// are swapped once, unlike Levenshtein's: "josn" is one slip away from "json").
func distance(a, b []rune) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
