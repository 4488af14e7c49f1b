package plugin

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/scratch"
)

// Handover is a secret that a program wants in a file, and finds by a variable of its environment.
type Handover struct {
	Variable string
	Secret   []byte // cleared once it has been handed over
	Folder   string // below which the file is made, if there has to be one
	Name     string // of the file
}

// HandOver runs the program in the place of this one, with the secret, and returns its exit code.
//
// On Linux the program really takes the place of this process, and its file is memory that has a descriptor and no
// name: it is on no disk, and gone with the program, however that ends. Signals, the terminal and the exit code are
// then the program's own business, and nothing of this process is left in memory. Elsewhere the secret is a file for as
// long as the program runs.
func (c Child) HandOver(ctx context.Context, h Handover) (int, error) {
	path, descriptor := inMemory(h.Name, h.Secret)
	if path == "" {
		return c.lend(ctx, h)
	}
	defer descriptor.Close()
	clear(h.Secret)
	signal.Reset() // from here on a signal ends this process: what came before is in ctx
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	c.Env = withVariable(c.Env, h.Variable, path)
	return 0, c.replace() // it returns only if that failed
}

// lend runs the program as a child, with a file.
func (c Child) lend(ctx context.Context, h Handover) (int, error) {
	folder, err := scratch.New(h.Folder)
	if err != nil {
		return 0, err
	}
	defer folder.Remove()
	path, err := folder.Write(h.Name, h.Secret)
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", h.Name, err)
	}
	clear(h.Secret)
	c.Env = withVariable(c.Env, h.Variable, path)
	return c.runInForeground(ctx)
}

// withVariable is an environment with a variable in the place of any of that name.
func withVariable(env []string, name, value string) []string {
	if env == nil {
		env = os.Environ()
	}
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool { return strings.HasPrefix(v, name+"=") })
	return append(env, name+"="+value)
}
