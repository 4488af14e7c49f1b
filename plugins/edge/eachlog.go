package edge

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
)

// logs reports whether args ask kubectl for its log.
func logs(args []string) bool {
	return slices.ContainsFunc(flagsOf(args), func(arg string) bool {
		return strings.HasPrefix(arg, "-v") || strings.HasPrefix(arg, "--v=") || arg == "--v" ||
			strings.HasPrefix(arg, "--vmodule")
	})
}

// attempt is the line of kubectl's log about one attempt to find out what a server's API is. It makes five, and then
// says in its own words why the last one failed: six lines for each cluster that is down, of which one counts.
var attempt = regexp.MustCompile(`^E\d{4} \S+ +\d+ memcache\.go:\d+\] .*couldn't get current server API group list`)

// withoutAttempts leaves these lines out.
type withoutAttempts struct {
	to   io.Writer
	rest []byte // of a line that has not ended
}

// Write writes the lines that data ends, and keeps what follows them if it could be one to be left out.
func (w *withoutAttempts) Write(data []byte) (int, error) {
	w.rest = append(w.rest, data...)
	for len(w.rest) > 0 {
		end := bytes.IndexByte(w.rest, '\n') + 1
		if end == 0 && w.rest[0] == 'E' && len(w.rest) < 1<<12 {
			break
		} else if end == 0 {
			end = len(w.rest)
		}
		line := w.rest[:end]
		w.rest = w.rest[end:]
		if attempt.Match(line) {
			continue
		}
		if _, err := w.to.Write(line); err != nil {
			return 0, err
		}
	}
	return len(data), nil
}

// flush writes the rest of a line that never ended.
func (w *withoutAttempts) flush() {
	_, _ = w.to.Write(w.rest) // what it writes to remembers an error
	w.rest = nil
}
