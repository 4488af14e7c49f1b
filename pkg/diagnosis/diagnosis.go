// Package diagnosis is what a doctor command finds out: the outcomes of its checks, and how they are shown.
package diagnosis

import (
	"fmt"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/colour"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// Outcomes of a check.
const (
	OK   = "ok"
	Warn = "warn" // it works, but not as well as it could
	Fail = "fail"
	Skip = "skip" // it was not tried, or said nothing
)

// Check is what doctor found out about one thing. It holds no secret.
type Check struct {
	Name   string `json:"name"`
	Status string `json:"status"` // one of the constants
	Detail string `json:"detail"`
	Next   string `json:"next,omitempty"` // what to do about it
}

// Passed is the outcome of a check that found all well.
func Passed(name, format string, args ...any) Check {
	return Check{Name: name, Status: OK, Detail: fmt.Sprintf(format, args...)}
}

// Warned is the outcome of a check that found what works, but not well.
func Warned(name, next, format string, args ...any) Check {
	return Check{Name: name, Status: Warn, Detail: fmt.Sprintf(format, args...), Next: next}
}

// Skipped is the outcome of a check that could not be made.
func Skipped(name, next, format string, args ...any) Check {
	return Check{Name: name, Status: Skip, Detail: fmt.Sprintf(format, args...), Next: next}
}

// Failed is the outcome of a check that ended with err, whose hint goes before next.
func Failed(name string, err error, next string) Check {
	if h := hint.Of(err); h != "" {
		next = h
	}
	return Check{Name: name, Status: Fail, Detail: err.Error(), Next: next}
}

// Failures is how many of the checks failed.
func Failures(checks []Check) int {
	n := 0
	for _, c := range checks {
		if c.Status == Fail {
			n++
		}
	}
	return n
}

// marks are how the outcomes are shown.
var marks = map[string]colour.Mark{OK: colour.Good, Warn: colour.Careful, Fail: colour.Bad, Skip: colour.Quiet}

// Print writes the checks for a person to read, each with what to do about it, within the columns of a terminal. What
// to do stays one line, which the terminal wraps: the rest of a command on a line of its own would be another command
// where it is pasted, which a name in a kubeconfig could choose.
func Print(p plugin.Process, checks []Check) {
	out, pen, columns := plugin.Raw(p.Out), p.Pen(p.Out), plugin.Columns(p.Out)
	at := len("warn ")
	if pen.On() {
		at += len("! ")
	}
	// The mark and the status are blank while the words behind them are folded: a sequence has no width.
	behind := func(words string) string {
		var lines []string
		for i, line := range strings.Split(words, "\n") {
			if i == 0 {
				line = strings.Repeat(" ", at) + " " + line
			}
			lines = append(lines, plugin.Fold(line, at+1, columns))
		}
		return strings.Join(lines, "\n")[at:]
	}
	for _, c := range checks {
		fmt.Fprintln(out, pen.Line(marks[c.Status], fmt.Sprintf("%-5s", c.Status),
			behind(hint.Printable(c.Name)+": "+hint.PrintableLines(c.Detail))))
		if c.Next != "" {
			fmt.Fprintln(out, pen.Line(colour.None, "     ", " next: "+hint.PrintableLines(c.Next)))
		}
	}
}
