// Lint checks Go code with the analyzers of staticcheck, with errcheck and with the rules of this house.
package main

import (
	"os"

	"github.com/kisielk/errcheck/errcheck"
	"honnef.co/go/tools/lintcmd"
	"honnef.co/go/tools/lintcmd/version"
	"honnef.co/go/tools/simple"
	"honnef.co/go/tools/staticcheck"
	"honnef.co/go/tools/stylecheck"
	"honnef.co/go/tools/unused"

	"github.com/kubectl-edge/kubectl-edge/hack/tools/house"
)

func main() {
	cmd := lintcmd.NewCommand("lint")
	cmd.SetVersion(version.Version, version.MachineVersion)
	cmd.ParseFlags(os.Args[1:])
	cmd.AddAnalyzers(simple.Analyzers...)
	cmd.AddAnalyzers(staticcheck.Analyzers...)
	cmd.AddAnalyzers(stylecheck.Analyzers...)
	cmd.AddAnalyzers(unused.Analyzer)
	errcheck.DefaultExcludedSymbols = append(errcheck.DefaultExcludedSymbols, mayFail()...)
	cmd.AddBareAnalyzers(errcheck.Analyzer, house.Analyzer)
	cmd.Run()
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
		"golang.org/x/sys/unix.Close",
		"(*os.Process).Kill",
		"(*os.Process).Signal",
		"os.Remove",
		"os.RemoveAll",
		"fmt.Fprint",
		"fmt.Fprintf",
		"fmt.Fprintln",
		"(net/http.ResponseWriter).Write",
	}
}
