package hint

import "strings"

// Nearest is the one of names that somebody may have meant who typed word, or "": the one that it begins, or else the
// one that is at most two slips away (a letter that is missing, too much, another, or swapped with its neighbour), and
// nearer than all others. Short words allow one slip for every two letters, else "ui" would be meant by everything.
func Nearest(word string, names []string) string {
	word = strings.ToLower(word)
	if word == "" || len(word) > maxNearest {
		return ""
	}
	best, found, unique := min(2, len([]rune(word))/2), "", false
	begun := 0
	for _, name := range names {
		lower := strings.ToLower(name)
		if lower == word {
			return name
		}
		if strings.HasPrefix(lower, word) {
			if begun++; begun == 1 {
				found = name
			}
			continue
		}
		if begun > 0 || len(lower) > maxNearest {
			continue // what it begins goes first
		}
		switch slips := distance([]rune(word), []rune(lower)); {
		case slips < best || slips == best && found == "":
			best, found, unique = slips, name, true
		case slips == best && name != found:
			unique = false
		}
	}
	if begun > 1 || begun == 0 && !unique {
		return ""
	}
	return found
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
