package edge

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// newInstallCmd makes the command that puts the programs where others find them. It is there for the container image,
// which has no shell and no cp, and for archives.
func newInstallCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "install FOLDER",
		Short: "Copy these programs to a folder of PATH, or of a volume",
		Long: `Copy kubectl edge, its credential helper, and what else of a release lies beside them to a folder,
and make the links there by which kubectl completes the plugins. What is there from an earlier release
is replaced. Packages and Homebrew do all that themselves, and Krew all but the links: this is for archives,
and for init containers that share the programs with another container.`,
		Example: `  # From an unpacked archive
  ./kubectl-edge install ~/.local/bin

  # In an init container, with a volume at /kubectl-edge
  kubectl-edge install /kubectl-edge`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			own, err := os.Executable()
			if err == nil {
				own, err = filepath.EvalSymlinks(own)
			}
			if err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			folder, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			installed, err := install(filepath.Dir(own), folder)
			if errors.Is(err, fs.ErrPermission) && runtime.GOOS != "windows" {
				return hint.Wrap(err, "sudo %s install %s, or into a folder of yours: "+
					"kubectl edge install ~/.local/bin", hint.Word(own), hint.Word(folder))
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Out, "Installed %s in %q.\n", strings.Join(installed, ", "), folder)
			if !slices.Contains(filepath.SplitList(a.Getenv("PATH")), folder) {
				a.Note("note: this folder is not in PATH. %s", addToPath(folder, a.Getenv("SHELL")))
			}
			return nil
		},
	}
}

// addToPath says how a folder gets into PATH, with the line to add, for the shell of the person.
func addToPath(folder, shell string) string {
	file := "~/.profile"
	switch {
	case runtime.GOOS == "windows":
		return "For this PowerShell, or for all by your $PROFILE: $env:PATH += " + hint.Word(";"+folder)
	case filepath.Base(shell) == "fish":
		return "Run: fish_add_path " + hint.Word(folder)
	case filepath.Base(shell) == "zsh":
		file = "~/.zshrc"
	}
	return "Add this line to " + file + `: export PATH="$PATH":` + hint.Word(folder)
}

// suite are the programs of a release, and the plugins that some of them are.
func suite() []released {
	return []released{
		{"kubectl-edge", "edge"}, {tokenrequest.Helper, ""}, {"kubectl-sts", "sts"}, {"edge-sandbox", ""},
	}
}

type released struct{ name, plugin string }

// install copies the programs of a release from one folder to another, and links the completions. Without one of the
// two that call each other, nothing is written.
func install(from, to string) ([]string, error) {
	contents := map[string][]byte{}
	for _, program := range suite() {
		content, err := os.ReadFile(filepath.Join(from, fileName(program.name)))
		if errors.Is(err, fs.ErrNotExist) && program.name != tokenrequest.Helper {
			continue // not all are in the image
		} else if err != nil {
			return nil, hint.Wrap(fmt.Errorf("install: %w", err),
				"both programs of a release have to lie in one folder: unpack its archive, see %s", hint.Install())
		}
		contents[program.name] = content
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	var installed []string
	for _, program := range suite() {
		content, found := contents[program.name]
		if !found {
			continue
		}
		file := fileName(program.name)
		if from != to {
			if err := atomicfile.Write(filepath.Join(to, file), content, 0o755); err != nil {
				return nil, err
			}
		}
		installed = append(installed, file)
		if program.plugin == "" {
			continue
		}
		completer := filepath.Join(to, completionFile("kubectl_complete-"+program.plugin))
		if err := writeCompleter(completer, filepath.Join(to, file)); err != nil {
			return nil, fmt.Errorf("install the completion of %s: %w", program.name, err)
		}
	}
	return installed, nil
}

// fileName is the name of a program's file on this system.
func fileName(program string) string {
	if runtime.GOOS == "windows" {
		return program + ".exe"
	}
	return program
}
