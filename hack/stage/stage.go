// Package stage is what the programs are tried on by those that mistreat them, killtest and faultwalk: how they are
// built, and what a kubeconfig holds beside their entries.
package stage

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
)

const module = "github.com/kubectl-edge/kubectl-edge/"

// Build builds programs of this module, such as cmd/kubectl-edge, into the folder dir.
func Build(ctx context.Context, dir string, packages ...string) error {
	args := []string{"build", "-o", dir + "/"}
	for _, p := range packages {
		args = append(args, module+p)
	}
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", strings.Join(packages, ", "), err, out)
	}
	return nil
}

// Others is what the kubeconfig holds of others; each of its lines has to survive.
const Others = `# clusters of others
apiVersion: v1
kind: Config
x-tool: {keep: [this]} # unknown to kubectl
clusters:
# where it all began
- name: theirs
  cluster: &theirs
    server: https://theirs.example # do not touch
    x-unknown: yes
- name: alias
  cluster: *theirs
# contexts of others
contexts:
  - context:
      cluster: "theirs"
      user: 'them'
    name: theirs
# users of others
users:
- name: them
  user:
    token: |
      their secret
    # a comment within
# the end
`

// Mode is that of the kubeconfig. It lets a group read what others have in it.
const Mode = 0o640

// Lost returns an error if a line of before is not in after, or not in its place among the others.
func Lost(before string, after []byte) error {
	for line := range strings.Lines(before) {
		i := bytes.Index(after, []byte(line))
		if i < 0 {
			return fmt.Errorf("line %q is lost", line)
		}
		after = after[i+len(line):]
	}
	return nil
}
