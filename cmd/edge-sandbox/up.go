package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
)

type upOptions struct {
	streams
	servers   string
	dir       string
	dataDir   string
	keepDir   bool
	noCluster bool
	localUI   bool
	quiet     bool
	command   []string
}

func newUpCmd(s streams) *cobra.Command {
	o := &upOptions{streams: s}
	cmd := &cobra.Command{
		Use:   "up [flags] [-- COMMAND [ARG...]]",
		Short: "Start a sandbox, and run a command in it",
		Long: `Starts a sandbox: the STACKIT APIs, and etcd and kube-apiserver as the Edge instance "demo". Then it runs the
command in an environment that points there, passes its exit status on, and takes everything down. Without a
command it prints the environment as shell commands and stays until Ctrl-C.

Nothing of your own HOME, KUBECONFIG or XDG folders is used: the command gets folders of the sandbox's.`,
		Example: `  edge-sandbox up -- bash
  edge-sandbox up --quiet -- kubectl edge instance list`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return hint.Wrap(fmt.Errorf("unexpected argument %q", args[0]), "put -- in front of the command: edge-sandbox up -- %s", args[0])
			}
			o.command = args
			if err := o.complete(); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.servers, "servers", "", "folder with etcd, kube-apiserver and kubectl (default $EDGE_SANDBOX_SERVERS, else found on PATH)")
	f.StringVar(&o.dir, "dir", "", "folder for the command's HOME and the like, kept afterwards (default: a temporary one)")
	f.StringVar(&o.dataDir, "data-dir", "", "folder in which StackState's service tokens survive a restart (default: none)")
	f.BoolVar(&o.noCluster, "no-cluster", false, "start the STACKIT APIs only, no etcd and kube-apiserver")
	f.BoolVar(&o.localUI, "local-ui", true, "instances name the sandbox's web UI as theirs, rather than an address like STACKIT's")
	f.BoolVar(&o.quiet, "quiet", false, "no progress on stderr")
	return cmd
}

// complete finds the servers and the command.
func (o *upOptions) complete() error {
	if !o.noCluster {
		o.servers = cmp.Or(o.servers, os.Getenv("EDGE_SANDBOX_SERVERS"))
		if o.servers == "" {
			apiserver, err := exec.LookPath("kube-apiserver")
			if err != nil {
				return hint.Wrap(fmt.Errorf("find the servers: %w", err),
					"hack/servers.sh builds them and prints their folder, for --servers; or use --no-cluster")
			}
			o.servers = filepath.Dir(apiserver)
		}
	}
	var err error
	if o.servers != "" {
		if o.servers, err = filepath.Abs(o.servers); err != nil {
			return err
		}
	}
	if o.dir != "" {
		o.keepDir = true
		o.dir, err = filepath.Abs(o.dir)
	}
	return err
}

func (o *upOptions) run(ctx context.Context) (err error) {
	if o.dir, err = o.makeDir(); err != nil {
		return err
	}
	if !o.keepDir {
		defer func() { err = errors.Join(err, os.RemoveAll(o.dir)) }()
	}
	start := time.Now()
	srv, err := serve(o.dataDir)
	if err != nil {
		return err
	}
	defer srv.close()
	srv.sandbox.Configure(func(c *sandbox.Settings) { c.LocalUI = o.localUI })
	var apiServer string
	if !o.noCluster {
		o.progress("starting etcd and kube-apiserver ...")
		c, err := o.startCluster(ctx, srv.sandbox)
		if err != nil {
			if ctx.Err() != nil {
				return exitStatus(interrupted)
			}
			return err
		}
		defer func() { o.report(c.Stop()) }()
		if err := srv.stackState.trust(c); err != nil {
			return err
		}
		apiServer = c.URL()
	}
	env, err := newEnvironment(o.dir, o.servers, apiServer, srv)
	if err != nil {
		return err
	}
	o.progress("ready after %.1f s: %s", time.Since(start).Seconds(), srv.sandbox.URL())
	if len(o.command) > 0 {
		return runCommand(o.streams, o.command, env)
	}
	if err := env.print(o.Out); err != nil {
		return err
	}
	o.progress("staying until Ctrl-C")
	<-ctx.Done()
	return nil
}

func (o *upOptions) makeDir() (string, error) {
	if !o.keepDir {
		return os.MkdirTemp("", "edge-sandbox-")
	}
	err := os.MkdirAll(o.dir, 0o700)
	return o.dir, err
}

func (o *upOptions) startCluster(ctx context.Context, s *sandbox.Sandbox) (*cluster.Cluster, error) {
	cert, key, err := s.ServingCertificate("localhost", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	c, err := cluster.Start(ctx, cluster.Options{
		Servers:     o.servers,
		Dir:         filepath.Join(o.dir, "cluster"),
		InstanceID:  sandbox.InstanceID,
		Issuer:      s.Issuer(sandbox.InstanceID),
		CA:          s.CA(),
		ServingCert: cert,
		ServingKey:  key,
	})
	if err != nil {
		return nil, fmt.Errorf("start the cluster of instance %s: %w", sandbox.InstanceName, err)
	}
	s.SetInstance(sandbox.InstanceID, func(i *sandbox.Instance) { i.Server, i.ServerCA = c.URL(), s.CA() })
	return c, nil
}

func (o *upOptions) progress(format string, args ...any) {
	if !o.quiet {
		fmt.Fprintf(o.ErrOut, "edge-sandbox: "+format+"\n", args...)
	}
}

// report tells of an error that does not change the outcome.
func (o *upOptions) report(err error) {
	if err != nil {
		fmt.Fprintf(o.ErrOut, "edge-sandbox: %v\n", err)
	}
}
