package house

import (
	"strings"

	"github.com/kisielk/errcheck/errcheck"
	"golang.org/x/tools/go/analysis"
)

// UncheckedErrors is errcheck without its reports on tests, which fail by what comes of an error.
func UncheckedErrors() *analysis.Analyzer {
	errcheck.DefaultExcludedSymbols = append(errcheck.DefaultExcludedSymbols, mayFail()...)
	analyzer := *errcheck.Analyzer
	analyzer.Run = func(pass *analysis.Pass) (any, error) {
		withoutTests := *pass
		withoutTests.Report = func(d analysis.Diagnostic) {
			if !strings.HasSuffix(pass.Fset.Position(d.Pos).Filename, "_test.go") {
				pass.Report(d)
			}
		}
		return errcheck.Analyzer.Run(&withoutTests)
	}
	return &analyzer
}

// mayFail lists the calls whose error leaves a caller nothing to do: closing what was only read (what is written goes
// through pkg/atomicfile, which checks), ending and cleaning up, messages to a person and answers to an HTTP client.
func mayFail() []string {
	return []string{
		"(io.Closer).Close",
		"(io.ReadCloser).Close",
		"(io/fs.File).Close",
		"(net.Conn).Close",
		"(net.Listener).Close",
		"(*net/http.Server).Close",
		"(*os.File).Close",
		"(*github.com/kubectl-edge/kubectl-edge/pkg/securefile.Dir).Close",
		"golang.org/x/sys/unix.Close",
		"syscall.Close",
		"(*os.Process).Kill",
		"(*os.Process).Signal",
		"os.Remove",
		"os.RemoveAll",
		"fmt.Fprint",
		"fmt.Fprintf",
		"fmt.Fprintln",
		"(net/http.ResponseWriter).Write",
		"io.WriteString(net/http.ResponseWriter)",
	}
}
