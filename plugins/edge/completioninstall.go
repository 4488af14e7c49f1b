package edge

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// addCompletionInstall gives cobra's command completion, which prints scripts for those who call the plugin without
// kubectl, what kubectl needs.
func addCompletionInstall(root *cobra.Command, a *app) {
	root.SetOut(a.Out) // which cobra takes now for what its commands print
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.GroupID = root.Groups()[len(root.Groups())-1].ID
			c.Short = "Complete kubectl edge in your shell"
			c.Long = `Complete kubectl edge in your shell.

kubectl completion asks kubectl_complete-edge, a link to this program, for what completes kubectl edge:
"install" makes it. The other commands print scripts that complete kubectl-edge, called without kubectl.`
			c.AddCommand(newCompletionInstallCmd(a), newCompletionUninstallCmd(a))
		}
	}
}

func newCompletionInstallCmd(a *app) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "install [SHELL]",
		Short: "Link the programs that kubectl asks for completions into a folder of PATH",
		Long: `Link the programs that kubectl asks for completions, kubectl_complete-edge and kubectl_complete-sts,
into a folder of PATH that is yours, and say what else the shell needs: bash, zsh, fish or powershell, by
default the one that you use. Packages, Homebrew's cask and kubectl edge install make the links themselves.`,
		Example: `  kubectl edge completion install
  kubectl edge completion install zsh --dry-run`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: shells(),
		RunE: func(_ *cobra.Command, args []string) error {
			shell := a.shell()
			if len(args) == 1 {
				shell = args[0]
				if !slices.Contains(shells(), shell) {
					return usageError{hint.Among(fmt.Errorf("unknown shell %.60q: want %s", shell,
						strings.Join(shells(), ", ")), "", shell, shells())}
				}
			}
			if err := a.eachCompleter(func(c completer) error { return a.link(c, dryRun) }); err != nil {
				return err
			}
			a.Note("%s", shellNeeds(shell))
			return nil
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be done")
	return cmd
}

func newCompletionUninstallCmd(a *app) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:     "uninstall",
		Short:   "Remove the links that completion install made",
		Example: `  kubectl edge completion uninstall`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			found := false
			err := a.eachCompleter(func(c completer) error { return a.unlink(c, dryRun, &found) })
			if err == nil && !found {
				a.Note("There is nothing to remove.")
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be done")
	return cmd
}

// completer is what kubectl calls for the completions of a plugin, and what that leads to.
type completer struct {
	program string // the plugin's path
	name    string // of the file that kubectl looks for
}

// eachCompleter does something for each plugin that is on PATH, or beside this program.
func (a *app) eachCompleter(do func(completer) error) error {
	found := false
	for _, p := range suite() {
		if p.plugin == "" {
			continue
		}
		path, err := exec.LookPath(p.name)
		if err != nil {
			continue
		}
		if path, err = filepath.Abs(path); err != nil {
			return err
		}
		found = true
		if err := do(completer{path, "kubectl_complete-" + p.plugin}); err != nil {
			return err
		}
	}
	if !found {
		return hint.Wrap(errors.New("kubectl-edge is not on PATH, where kubectl looks for plugins"),
			"kubectl-edge install FOLDER, with a folder of PATH")
	}
	return nil
}

// link makes what kubectl calls for the plugin's completions, unless it is there.
func (a *app) link(c completer, dryRun bool) error {
	if path, ours := c.find(); ours {
		a.Note("%s is there already: %s", c.name, hint.Word(path))
		return nil
	}
	folder, err := a.ownFolder(filepath.Dir(c.program))
	if err != nil {
		return err
	}
	path := filepath.Join(folder, completionFile(c.name))
	if _, err := os.Lstat(path); err == nil && !c.ours(path) {
		return hint.Wrap(fmt.Errorf("%s is there, and not from kubectl edge", hint.Word(path)),
			"if nobody needs it: %s", hint.Delete(path))
	}
	if dryRun {
		a.Note("Would link %s to %s.", hint.Word(path), hint.Word(c.program))
		return nil
	}
	if err := writeCompleter(path, c.program); err != nil {
		return err
	}
	a.Note("Linked %s to %s.", hint.Word(path), hint.Word(c.program))
	return nil
}

// unlink removes what link made. What a package brought is the package's.
func (a *app) unlink(c completer, dryRun bool, found *bool) error {
	for _, folder := range a.folders() {
		path := filepath.Join(folder, completionFile(c.name))
		if !c.ours(path) {
			continue
		}
		*found = true
		switch {
		case !writable(folder):
			a.Note("%s stays: it is not yours to remove, but a package's", hint.Word(path))
			continue
		case dryRun:
			a.Note("Would remove %s.", hint.Word(path))
			continue
		}
		if err := os.Remove(path); err != nil {
			return err
		}
		a.Note("Removed %s.", hint.Word(path))
	}
	return nil
}

// folders are those of PATH, each once.
func (a *app) folders() []string {
	var folders []string
	for _, folder := range filepath.SplitList(a.Getenv("PATH")) {
		if filepath.IsAbs(folder) && !slices.Contains(folders, filepath.Clean(folder)) {
			folders = append(folders, filepath.Clean(folder))
		}
	}
	return folders
}

// ownFolder is a folder of PATH that the user can write to: that of the plugin, or else one below the home folder.
// Others may be anybody's.
func (a *app) ownFolder(beside string) (string, error) {
	if slices.Contains(a.folders(), filepath.Clean(beside)) && writable(beside) {
		return beside, nil
	}
	home, err := os.UserHomeDir()
	if err == nil {
		for _, folder := range a.folders() {
			if below, err := filepath.Rel(home, folder); err == nil && filepath.IsLocal(below) && writable(folder) {
				return folder, nil
			}
		}
	}
	return "", hint.Wrap(errors.New("no folder of PATH is yours to write to"),
		"make one, such as ~/.local/bin, and put it into PATH; then: kubectl edge completion install")
}

// writable reports whether files can be made in a folder, by making one: modes and lists of who may do what do not say.
func writable(folder string) bool {
	f, err := os.CreateTemp(folder, ".kubectl-edge-*")
	if err != nil {
		return false
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}

// find is the completer that kubectl finds now, and whether it leads to the plugin.
func (c completer) find() (path string, ours bool) {
	path, err := exec.LookPath(c.name)
	return path, err == nil && c.ours(path)
}

// ours reports whether the file at path leads to the plugin, or to one that is gone.
func (c completer) ours(path string) bool {
	if runtime.GOOS == "windows" {
		content, err := os.ReadFile(path)
		return err == nil && strings.HasPrefix(string(content), "@\"") &&
			strings.HasSuffix(strings.TrimSpace(string(content)), "\" __complete %*")
	}
	target, err := os.Readlink(path)
	return err == nil && filepath.Base(target) == filepath.Base(c.program)
}

// completionFile is the file of the completer of this name on this system.
func completionFile(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".cmd"
	}
	return name
}

// writeCompleter makes at path what kubectl calls for the completions of a plugin: a link to the program, or on
// Windows, where only administrators make links, a script. One that is there is replaced.
func writeCompleter(path, program string) error {
	beside := filepath.Dir(path) == filepath.Dir(program)
	if beside {
		program = filepath.Base(program)
	}
	if runtime.GOOS == "windows" {
		if beside {
			program = "%~dp0" + program
		}
		return atomicfile.Write(path, []byte("@\""+program+"\" __complete %*\r\n"), 0o755)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(program, path)
}

func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

// shell is the one that the person uses, or "".
func (a *app) shell() string {
	if runtime.GOOS == "windows" {
		return "powershell"
	}
	name := strings.TrimPrefix(filepath.Base(a.Getenv("SHELL")), "-")
	if name == "pwsh" {
		return "powershell"
	}
	return name
}

// shellNeeds says what has kubectl itself complete in a shell.
func shellNeeds(shell string) string {
	switch shell {
	case "bash":
		return "Bash needs the package bash-completion, and in ~/.bashrc, if it is not there yet:\n" +
			"source <(kubectl completion bash)"
	case "zsh":
		return "Zsh needs in ~/.zshrc, after compinit, if it is not there yet:\nsource <(kubectl completion zsh)"
	case "fish":
		return "Fish needs in ~/.config/fish/config.fish, if it is not there yet:\nkubectl completion fish | source"
	case "powershell":
		return "PowerShell needs in the file $PROFILE, if it is not there yet:\n" +
			"kubectl completion powershell | Out-String | Invoke-Expression"
	}
	return "What your shell needs besides: kubectl completion --help"
}
