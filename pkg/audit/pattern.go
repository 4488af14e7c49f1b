package audit

import (
	"regexp"
	"sync"
)

// onFirstUse compiles a regular expression when it is first asked for: every command of the plugin starts with this
// package in it, and few look for secrets.
func onFirstUse(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
