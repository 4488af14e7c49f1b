package edgesandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/process"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/edgeclusters"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/environment"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/server"
)

type upOptions struct {
	streams
	servers   string
	dir       string
	server    server.Options
	keepDir   bool
	instances int
	each      bool
	noCluster bool
	localUI   bool
	quiet     bool
	command   []string
}

func newUpCmd(s streams) *cobra.Command {
	o := &upOptions{streams: s}
	cmd := &cobra.Command{
		Use:        "up [flags] [-- COMMAND [ARG...]]",
		SuggestFor: []string{"start", "run", "serve", "create"},
		Short:      "Start a sandbox, and run a command in it",
		Long: `Starts a sandbox: the STACKIT APIs, and etcd and kube-apiserver as the Edge instance "demo". Then it runs
the command in an environment that points there, passes its exit status on, and takes everything down. Without
a command it prints the environment as shell commands and stays until Ctrl-C.

Nothing of your own HOME, KUBECONFIG or XDG folders is used: the command gets folders of the sandbox's.`,
		Example: `  edge-sandbox up -- bash
  edge-sandbox up --quiet -- kubectl edge instance list`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return hint.Wrap(fmt.Errorf("unexpected argument %q", args[0]),
					"put -- in front of the command: edge-sandbox up -- %s", args[0])
			}
			o.command = args
			if err := o.complete(); err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	addServersFlag(f, &o.servers)
	f.StringVar(&o.dir, "dir", "", "folder for the command's HOME and the like, kept afterwards (default: a "+
		"temporary one)")
	f.StringVar(&o.server.DataDir, "data-dir", "",
		"folder in which all survives a restart: keys, instances, accounts, tokens, logins, objects (default: none)")
	f.StringVar(&o.server.Listen, "listen", "",
		"where to listen, ADDRESS:PORT; API servers get the ports after it (default: free ports of 127.0.0.1)")
	f.StringSliceVar(&o.server.Hosts, "host", nil,
		"name or address by which others reach it; the first is in its URLs (default localhost, or that of --listen)")
	f.IntVar(&o.instances, "instances", 1,
		"how many active instances there are: demo, site01, site02, …, which share an API server")
	f.IntVar(&o.server.EdgeClusters, "clusters", 1,
		"how many edge clusters an API server has: berlin, hamburg, munich, cluster04, …; they start when asked")
	f.BoolVar(&o.each, "own-servers", false, "an API server for each instance that is added")
	f.IntVar(&o.server.Plans, "plans", 1, "how many Edge Cloud plans there are, at most 3")
	f.StringVar(&o.server.Seed, "seed", "",
		"make the IDs of what is added later repeatable: the same for the same seed (default: random)")
	f.BoolVar(&o.noCluster, "no-cluster", false, "start the STACKIT APIs only, no etcd and kube-apiserver")
	f.BoolVar(&o.localUI, "local-ui", true,
		"instances name the sandbox's web UI as theirs, rather than an address like STACKIT's")
	f.BoolVar(&o.quiet, "quiet", false, "no progress on stderr")
	return cmd
}

func addServersFlag(f *pflag.FlagSet, servers *string) {
	f.StringVar(servers, "servers", "",
		"folder with etcd, kube-apiserver, kube-controller-manager and kubectl (default $EDGE_SANDBOX_SERVERS, "+
			"else $KUBEBUILDER_ASSETS, else found on PATH)")
}

// getServers says how somebody comes to the servers: a release does not bring them.
const getServers = "setup-envtest use -p path downloads them and prints their folder, for --servers " +
	"(hack/servers.sh in the source builds them); or use --no-cluster"

// findServers returns the folder of the servers.
func findServers(given string) (string, error) {
	// The last is what setup-envtest use -p env sets.
	if dir := cmp.Or(given, os.Getenv("EDGE_SANDBOX_SERVERS"), os.Getenv("KUBEBUILDER_ASSETS")); dir != "" {
		return filepath.Abs(dir)
	}
	apiserver, err := exec.LookPath("kube-apiserver")
	if err != nil {
		return "", hint.Wrap(fmt.Errorf("find the servers: %w", err), getServers)
	}
	return filepath.Abs(filepath.Dir(apiserver))
}

// complete finds the servers and the command.
func (o *upOptions) complete() error {
	if !o.noCluster {
		servers, err := findServers(o.servers)
		if err != nil {
			return err
		}
		o.servers = servers
	}
	var err error
	if o.server.DataDir != "" {
		if o.server.DataDir, err = filepath.Abs(o.server.DataDir); err != nil {
			return err
		}
		o.dir = cmp.Or(o.dir, filepath.Join(o.server.DataDir, "environment"))
	}
	if o.dir != "" {
		o.keepDir = true
		o.dir, err = filepath.Abs(o.dir)
	}
	return err
}

// validate looks at what was asked for.
func (o *upOptions) validate() error {
	if o.instances < 1 || o.instances > 99 {
		return fmt.Errorf("--instances %d: want 1 to 99", o.instances)
	}
	if o.server.EdgeClusters < 0 || o.server.EdgeClusters > 99 {
		return fmt.Errorf("--clusters %d: want 0 to 99", o.server.EdgeClusters)
	}
	for _, host := range o.server.Hosts {
		if host == "" || strings.ContainsAny(host, "/:@ ") && net.ParseIP(host) == nil {
			return fmt.Errorf("--host %q: want a name or an address, without a port", host)
		}
	}
	if o.server.Listen == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(o.server.Listen)
	switch n, bad := strconv.ParseUint(port, 10, 16); {
	case err != nil:
		return hint.Wrap(fmt.Errorf("--listen %q: %w", o.server.Listen, err), "%s", listenHint)
	case host == "": // net.Listen would take all addresses
		return hint.Wrap(fmt.Errorf("--listen %q: it has no address", o.server.Listen), "%s", listenHint)
	case bad != nil || n > 65000: // API servers get the ports after it
		return fmt.Errorf("--listen %q: want a port of at most 65000", o.server.Listen)
	}
	return nil
}

const listenHint = "say ADDRESS:PORT: 127.0.0.1:8443 for this machine alone, 0.0.0.0:8443 for every machine that can " +
	"reach it"

func (o *upOptions) run(ctx context.Context) (err error) {
	unlock := func() {}
	defer func() {
		unlock()
		if !o.keepDir {
			err = errors.Join(err, os.RemoveAll(o.dir)) // of "" if none was made
		}
	}()
	start := time.Now()
	srv, err := server.Start(o.server) // has taken the data folder before anything is put there
	if err != nil {
		return err
	}
	defer func() { o.report(srv.Close()) }()
	if o.dir, err = o.makeDir(); err != nil {
		return err
	}
	release, err := server.LockDir(o.dir) // says that the folder is in use, to another up and to doctor
	if err != nil {
		return err
	}
	unlock = release
	o.warn(srv)
	if err := o.fill(ctx, srv); err != nil {
		if ctx.Err() != nil {
			return exitStatus(interrupted)
		}
		return err
	}
	env, err := environment.New(o.dir, o.servers, os.Environ(), srv)
	if err != nil {
		return err
	}
	o.progress("ready after %.1f s: %s", time.Since(start).Seconds(), srv.Sandbox.URL())
	if len(o.command) > 0 {
		return o.runCommand(env)
	}
	if err := env.Print(o.Out); err != nil {
		return err
	}
	o.progress("staying until Ctrl-C")
	<-ctx.Done()
	return nil
}

// warn says what is open when more than this machine can come in. It is said with --quiet too.
func (o *upOptions) warn(srv *server.Server) {
	if srv.Loopback() {
		return
	}
	fmt.Fprintf(o.ErrOut, "warning: listening on %s: every program that can reach it gets the keys of service "+
		"accounts from the control address %s/sandbox/ and is an administrator of the instances; all that is in the "+
		"sandbox is test data, so keep it so\n", srv.Listen(), srv.Sandbox.URL())
	if len(o.server.Hosts) == 0 {
		fmt.Fprintln(o.ErrOut,
			"hint: give the name by which others reach it with --host: it answers to localhost alone")
	}
}

// fill gives the sandbox its instances and their Kubernetes APIs.
func (o *upOptions) fill(ctx context.Context, srv *server.Server) error {
	srv.Sandbox.Configure(func(c *sandbox.Settings) { c.LocalUI, c.OwnServers = o.localUI, c.OwnServers || o.each })
	if !o.noCluster {
		o.progress("starting etcd and kube-apiserver ...")
		dir := filepath.Join(o.dir, "clusters")
		if o.server.DataDir != "" {
			dir = server.ClusterDir(o.server.DataDir)
		}
		if err := srv.StartCluster(ctx, o.servers, dir); err != nil {
			return err
		}
	}
	if err := edgeclusters.MissingProgram(o.servers); !o.noCluster && o.server.EdgeClusters > 0 && err != nil {
		fmt.Fprintf(o.ErrOut, "warning: %v\n", err)
		fmt.Fprintf(o.ErrOut, "hint: %s\n", hint.Of(err))
	}
	srv.AddInstances(o.instances)
	if o.each && o.instances > 1 {
		o.progress("starting an API server for each instance ...")
	}
	return errors.Join(srv.Wait(ctx), srv.Sandbox.Save(), ctx.Err())
}

// runCommand runs the command with the program's own streams, and passes its exit status on.
func (o *upOptions) runCommand(env *environment.Environment) error {
	path, err := env.LookPath(o.command[0])
	if err != nil {
		return fmt.Errorf("run the command: %w", err)
	}
	cmd := exec.Command(path, o.command[1:]...)
	cmd.Args[0] = o.command[0]
	cmd.Env = env.Environ()
	if isShell(o.command, o.In) {
		variables, err := prepareShell(o.command, filepath.Join(o.dir, "home"), o.ErrOut)
		if err != nil {
			return err
		}
		cmd.Env = append(cmd.Env, variables...)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = o.In, o.Out, o.ErrOut
	status, err := process.Foreground(cmd)
	if err != nil {
		return fmt.Errorf("run the command: %w", err)
	}
	if status != 0 {
		return exitStatus(status)
	}
	return nil
}

// tempPrefix is what the names of temporary folders begin with.
const tempPrefix = "edge-sandbox-"

func (o *upOptions) makeDir() (string, error) {
	if !o.keepDir {
		return os.MkdirTemp("", tempPrefix)
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return "", fmt.Errorf("make the sandbox's folder: %w", err)
	}
	return o.dir, nil
}

func (o *upOptions) progress(format string, args ...any) {
	if !o.quiet {
		fmt.Fprintf(o.ErrOut, "edge-sandbox: "+format+"\n", args...)
	}
}

// report prints an error that does not change the outcome.
func (o *upOptions) report(err error) {
	if err != nil {
		fmt.Fprintf(o.ErrOut, "edge-sandbox: %v\n", err)
	}
}
