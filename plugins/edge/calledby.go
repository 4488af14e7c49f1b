package edge

import (
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/caller"
	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/execcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/trust"
)

// programName names our folders.
const programName = "kubectl-edge"

// foreignFlag says that the helper, which started this process in the background, could not find out whether its
// folders are the client's. There is no flag that says it could: arguments are a kubeconfig's.
const foreignFlag = "foreign"

// checkFolders finds out whether the folders may be those of a kubeconfig's author, and says so to a person. A program
// that reads standard error hears of it where it matters: nobody is asked, or a credential is not used.
func (a *app) checkFolders(cmd *cobra.Command) {
	if a.foreign = foreign(a.Process, cmd, a.dirs); a.foreign && plugin.Terminal(a.ErrOut) {
		a.noteForeign()
	}
}

func (a *app) noteForeign() {
	if a.saidForeign {
		return
	}
	a.saidForeign = true
	a.Note("note: the configuration in %s may be that of a kubeconfig's author: credentials that are not sealed to "+
		"its endpoints go to STACKIT alone, and nobody is asked to log in", a.dirs.Config)
}

// foreign reports whether the folders d may have been chosen by the author of a kubeconfig: the environment named them,
// and a kubeconfig adds to that (exec.env). It first gives the process back what a kubeconfig changed that is not for
// one to change. A command that no client called, other than the helper's, has its person's environment. Which client
// it was does not matter: a kubeconfig can name each of our commands, and not only kubectl reads kubeconfigs.
func foreign(p Process, cmd *cobra.Command, d dirs.Dirs) bool {
	byClient := p.Getenv(execcredential.Variable) != "" // clients set it after exec.env
	credential := cmd.Name() == "credential"
	set := func(name string) bool { f := cmd.Flags().Lookup(name); return f != nil && f.Changed }
	background := credential && set("refresh") && !byClient && startedDetached()
	switch {
	case !credential && !byClient:
		return false
	case background && !set(foreignFlag):
		return false // the helper compared, while its client was there
	case !background:
		if client := caller.Client(); client != nil {
			client.Restore()
			if client.SameFolders(p.Getenv) {
				return false
			}
		} else if runtime.GOOS == "linux" {
			// Not to be distinguished from a kubeconfig's; the other systems have their authorities from elsewhere.
			_ = os.Unsetenv("SSL_CERT_FILE")
			_ = os.Unsetenv("SSL_CERT_DIR")
		}
	}
	of, ok := trust.UserDirs(programName)
	return !ok || d.Config != of.Config || d.State != of.State
}
