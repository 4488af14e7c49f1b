package plugin

import "strings"

// Nearest is the one of the words that somebody may have meant who typed another, or "": the word in other letters'
// case, the word with something behind it, as viewer for view, or one that is a slip or two away.
func Nearest(typed string, words []string) string {
	typed = strings.ToLower(typed)
	best, least := "", 0
	for _, word := range words {
		lower := strings.ToLower(word)
		if lower == typed {
			return word
		}
		slips := slipsBetween(typed, lower)
		if len(lower) > 3 && strings.HasPrefix(typed, lower) && len(typed) <= len(lower)+3 {
			slips = 1
		}
		if slips <= max(1, len(lower)/4) && (best == "" || slips < least) {
			best, least = word, slips
		}
	}
	return best
}

// slipsBetween counts the letters that are missing, too many, wrong or in each other's place (the optimal string
// alignment distance). cobra's own measure counts a swap of two letters as two, which is as far as view is from vim.
func slipsBetween(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
