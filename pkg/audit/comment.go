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

// inText calls found with the place of each secret in a text that is not YAML: a comment, a line of a template.
func (n *names) inText(text string, found func(start, end int) bool) {
	more := true
	for at := 0; more && at < len(text); {
		start, end := known(text[at:])
		if start < 0 {
			break
		}
		more = found(at+start, at+end)
		at += max(end, start+1)
	}
	if more {
		n.assignments(text, found)
	}
}

// commented reports whether there is a secret in a line's comment, such as a field that was switched off.
func (n *names) commented(line string) bool {
	i := commentAt(line)
	if i < 0 {
		return false
	}
	is := passwordInURL(line[i:]) || authorization(line[i:])
	if !is {
		n.inText(line[i:], func(int, int) bool {
			is = true
			return false
		})
	}
	return is
}

// HideComment replaces the comment of a line from the first secret in it on.
func HideComment(line string) string {
	var n names
	if !n.commented(line) {
		return line
	}
	i := commentAt(line)
	comment := line[i:]
	from := len(comment)
	n.inText(comment, func(start, _ int) bool {
		from = min(from, start)
		return true
	})
	if passwordInURL(comment) || authorization(comment) {
		from = min(from, 1)
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
