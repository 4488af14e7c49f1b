package audit

import (
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// commentAt is where a line's comment begins (YAML 1.2.2 section 6.6: a space is before it), or -1.
func commentAt(line string) int {
	for i := 0; ; i++ {
		n := strings.IndexByte(line[i:], '#')
		if n < 0 {
			return -1
		}
		if i += n; i == 0 || line[i-1] == ' ' || line[i-1] == '\t' {
			return i
		}
	}
}

// inText is the place of the first secret in a text that is not YAML, or -1: a comment, a line of a template.
func (n *names) inText(text string) int {
	first, _ := known(text)
	n.assignments(text, func(start, _ int) bool {
		if first < 0 || start < first {
			first = start
		}
		return false
	})
	return first
}

// commented is the place of the first secret in a comment, or -1. It begins with the comment where an address or a
// header has one.
func (n *names) commented(comment string) int {
	if passwordInURL(comment) || authorization(comment) || says(comment) || embedsKubeconfig([]byte(comment)) {
		return 1
	}
	return n.inText(comment)
}

// inComment reports whether there is a secret in a line's comment, such as a field that was switched off.
func (n *names) inComment(line string) bool {
	i := commentAt(line)
	return i >= 0 && n.commented(line[i:]) >= 0
}

// HideComment replaces the comment of a line from the first secret in it on.
func HideComment(line string) string {
	var n names
	i := commentAt(line)
	if i < 0 {
		return line
	}
	comment := line[i:]
	from := n.commented(comment)
	if from < 0 {
		return line
	}
	end := ""
	if strings.HasSuffix(line, "\n") {
		end = "\n"
	}
	return line[:i] + strings.TrimRight(comment[:from], " ") + space(comment[:from]) + yamledit.Redacted + end
}

// space is what is between the text before a secret and what stands for it.
func space(before string) string {
	if strings.HasSuffix(before, " ") || before == "#" {
		return " "
	}
	return ""
}

// Shown is a word of a kubeconfig as messages may have it: itself, or what stands for it if it is a secret by its form.
func Shown(word string) string {
	var n names
	if n.evident(word) || random(word) {
		return yamledit.Redacted
	}
	return word
}
