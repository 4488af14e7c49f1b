package edgesandbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// promptMark is what prompts of shells in a sandbox begin with.
const promptMark = "(edge-sandbox) "

// shellFile is what an interactive shell reads when it starts, in the sandbox's HOME: the person's own files are
// neither read nor changed. The file comes after those of the system, which may set the prompt too.
func shellFile(shell string) (name, text string) {
	const ps1 = `PS1="` + promptMark + `${PS1:-\$ }"` + "\n"
	switch shell {
	case "bash":
		return ".bashrc", ps1
	case "zsh":
		return ".zshrc", `PROMPT="` + promptMark + `$PROMPT"` + "\n"
	case "sh", "dash", "ash", "ksh":
		return ".shrc", ps1
	}
	return "", ""
}

// isShell reports whether a command is a shell that somebody is going to type into.
func isShell(command []string, in io.Reader) bool {
	if len(command) == 0 {
		return false
	}
	name, _ := shellFile(filepath.Base(command[0]))
	for _, arg := range command[1:] {
		if !strings.HasPrefix(arg, "-") || arg == "-c" {
			return false
		}
	}
	f, ok := in.(*os.File)
	return name != "" && ok && term.IsTerminal(int(f.Fd()))
}

// prepareShell marks the prompt, says what can be done next, and returns the variables that the shell needs for it. A
// file that is there already, in a folder that was kept, stays as it is.
func prepareShell(command []string, home string, out io.Writer) (variables []string, err error) {
	shell := filepath.Base(command[0])
	name, text := shellFile(shell)
	path := filepath.Join(home, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		_, err = f.WriteString(text)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("mark the prompt: %w", err)
		}
	case !errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("mark the prompt: %w", err)
	}
	fmt.Fprintf(out, `
This shell is in the sandbox: STACKIT is on this machine, and ends with the shell. Next:

  kubectl edge login --service-account-key "$EDGE_SANDBOX_SERVICE_ACCOUNT_KEY"
  kubectl edge kubeconfig create --project-id "$EDGE_SANDBOX_PROJECT_ID" --instance-id %s
  kubectl get edgehosts

`, sandbox.InstanceID)
	switch name {
	case ".shrc":
		return []string{"ENV=" + path}, nil
	case ".zshrc": // many people keep their files elsewhere
		return []string{"ZDOTDIR=" + home}, nil
	}
	return nil, nil
}
