package edgesandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/server"
)

type doctorOptions struct {
	streams
	servers string
	dataDir string
	output  string
}

func newDoctorCmd(s streams) *cobra.Command {
	o := &doctorOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what keeps a sandbox from starting, and what to do about it",
		Long: `Finds out what keeps a sandbox from starting, and what to do about it: the servers and their
versions, ports, disk, left-over folders of sandboxes that were killed, and with --data-dir whether what is
kept there is sound.
It changes nothing. The exit code is 1 if a check failed; warnings do not count.`,
		Example: "  edge-sandbox doctor\n  edge-sandbox doctor --data-dir ~/sandbox -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := jsonOrTable(o.output); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	addServersFlag(f, &o.servers)
	f.StringVar(&o.dataDir, "data-dir", "", "folder that up is to keep everything in")
	f.StringVarP(&o.output, "output", "o", "", "json, for scripts")
	return cmd
}

func (o *doctorOptions) run(ctx context.Context) error {
	checks := append(o.checkServers(ctx), checkPorts(), checkDisk(o.place()), checkLeftovers())
	if o.dataDir != "" {
		checks = append(checks, checkDataDir(o.dataDir))
	}
	if o.output == "json" {
		if err := printJSON(o.streams, checks); err != nil {
			return err
		}
	} else {
		diagnosis.Print(plugin.Process{IOStreams: genericiooptions.IOStreams{Out: o.Out}, Getenv: os.Getenv}, checks)
	}
	if diagnosis.Failures(checks) > 0 {
		return exitStatus(1)
	}
	return nil
}

// place is the folder in which a sandbox writes.
func (o *doctorOptions) place() string {
	for dir := o.dataDir; dir != ""; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return os.TempDir()
}

// checkServers runs the programs that up runs.
func (o *doctorOptions) checkServers(ctx context.Context) []diagnosis.Check {
	dir, err := findServers(o.servers)
	if err != nil {
		return []diagnosis.Check{diagnosis.Failed("servers", err, getServers)}
	}
	checks := []diagnosis.Check{}
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"} {
		args := []string{"--version"}
		if name == "kubectl" {
			args = []string{"version", "--client"}
		}
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		out, err := exec.CommandContext(ctx, filepath.Join(dir, name), args...).CombinedOutput()
		cancel()
		version, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		switch {
		case err != nil && name == "kubectl":
			if _, err := exec.LookPath(name); err == nil {
				continue // commands in the sandbox find that one
			}
			checks = append(checks, diagnosis.Warned(name,
				"put kubectl on the PATH: commands in the sandbox will not find one", "%v", err))
		case err != nil && name == "kube-controller-manager":
			checks = append(checks, diagnosis.Warned(name,
				"put the one of that Kubernetes version beside it, from https://kubernetes.io/releases/download/ "+
					"(for Linux), or build it from the source with hack/servers.sh; instances do without",
				"edge clusters will not start: %v", err))
		case err != nil:
			checks = append(checks, diagnosis.Failed(name, err, getServers))
		default:
			checks = append(checks, diagnosis.Passed(name, "%s, in %s", version, dir))
		}
	}
	return checks
}

// checkPorts opens a port as up does.
func checkPorts() diagnosis.Check {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return diagnosis.Failed("ports", fmt.Errorf("listen: %w", err),
			"the loopback interface is needed: ip link set lo up")
	}
	defer l.Close()
	if _, err := net.LookupHost("localhost"); err != nil {
		return diagnosis.Failed("ports", err, "clients look up localhost: put 127.0.0.1 localhost into /etc/hosts")
	}
	return diagnosis.Passed("ports", "free ones of 127.0.0.1, which is localhost")
}

// wantedDisk is what an API server and its etcd write in an hour or so, in bytes.
const wantedDisk = 500 << 20

func checkDisk(dir string) diagnosis.Check {
	free, err := freeBytes(dir)
	const next = "make space there, or choose another place with TMPDIR or --data-dir"
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return diagnosis.Passed("disk", "%s, whose free space this system does not say", dir)
	case err != nil:
		return diagnosis.Failed("disk", err, next)
	case free < wantedDisk/10:
		return diagnosis.Failed("disk", fmt.Errorf("%d MB are free in %s", free>>20, dir), next)
	case free < wantedDisk:
		return diagnosis.Warned("disk", next, "%d MB are free in %s", free>>20, dir)
	}
	return diagnosis.Passed("disk", "%d MB are free in %s", free>>20, dir)
}

// checkLeftovers looks for the folders of sandboxes that were killed: their servers ended with them.
func checkLeftovers() diagnosis.Check {
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*"))
	if err != nil {
		return diagnosis.Failed("left-overs", err, "")
	}
	var left []string
	for _, folder := range folders {
		if !inUse(folder) {
			left = append(left, hint.Word(folder))
		}
	}
	if len(left) > 0 {
		return diagnosis.Warned("left-overs", "rm -r "+strings.Join(left, " "),
			"%d folders of sandboxes that were killed", len(left))
	}
	return diagnosis.Passed("left-overs", "none")
}

// inUse reports whether a sandbox holds a folder.
func inUse(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, server.LockFile)); err != nil {
		return false
	}
	unlock, err := server.LockDir(dir)
	if err != nil {
		return true
	}
	unlock()
	return false
}

// checkDataDir reads what a folder keeps, without changing it.
func checkDataDir(dir string) diagnosis.Check {
	const name = "data"
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return diagnosis.Passed(name, "%s does not exist yet", dir)
	case err != nil:
		return diagnosis.Failed(name, err, "use another folder")
	case !info.IsDir():
		return diagnosis.Failed(name, fmt.Errorf("%s is not a folder", dir), "use another name")
	}
	if err := server.CheckShared(dir); err != nil {
		return diagnosis.Failed(name, err, hint.Of(err))
	}
	facts, err := server.ReadFacts(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return diagnosis.Failed(name, err, "")
	}
	state, err := sandbox.ReadState(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return diagnosis.Passed(name, "%s keeps no sandbox yet", dir)
	case err != nil:
		return diagnosis.Failed(name, err, "")
	case info.Mode().Perm()&0o077 != 0:
		return diagnosis.Warned(name, "chmod 700 "+hint.Word(dir), "others may enter %s, which has private keys", dir)
	case inUse(dir):
		return diagnosis.Passed(name, "%s is used by a sandbox that runs, at %s", dir, state.URL)
	case facts != nil:
		for _, port := range facts.Ports() {
			l, err := net.Listen("tcp", port)
			if err != nil {
				return diagnosis.Failed(name, fmt.Errorf("the sandbox in %s listens at %s: %w", dir, port, err),
					"end the program that has the port")
			}
			l.Close()
		}
	}
	return diagnosis.Passed(name, "%s is sound: %d instances and %d accounts, at %s", dir, len(state.Instances),
		len(state.Accounts), state.URL)
}
