package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// flyToCluster gets the credential of an edge cluster by the flight. What leads to the instance is got before, since
// locks of two tokens may be the same file: nobody waits for one while they hold another.
func (a *app) flyToCluster(ctx context.Context, flight mint.Flight, target tokenrequest.Target, want mint.Want) (
	tokencache.Entry, error) {
	if target.Credential == tokenrequest.Certificate && target.Store.Dir() == "" {
		return tokencache.Entry{}, uncached(target)
	}
	if target.Credential == tokenrequest.Administrator {
		if err := a.agreedToBreakGlass(target); err != nil { // before anybody is asked anything
			return tokencache.Entry{}, err
		}
	}
	memory := flight.Memory
	flight.Memory = func(err error) mint.Memory {
		// The next attempt has another token, or another process.
		if errors.As(err, new(*clusteraccess.InstanceRefusedError)) || errors.Is(err, errKilled) {
			return mint.Transient
		}
		return memory(err)
	}
	refused := ""
	for {
		instance, err := a.instance(ctx, target.Request, refused)
		if err != nil {
			return tokencache.Entry{}, err
		}
		mintOne := func(ctx context.Context) (tokencache.Entry, error) {
			principal, err := a.principalOf(ctx, target)
			if err != nil {
				return tokencache.Entry{}, err
			}
			minted, err := a.clusterMinter().Mint(ctx, instance.config, target.Request, principal)
			if err != nil {
				return tokencache.Entry{}, err
			}
			minted.Labels = target.Labels()
			minted.Labels.Principal = principal
			if target.Credential != tokenrequest.Administrator {
				// Before the credential itself, so that nobody sees that without it.
				_ = target.Store.PutServer(target.Key, minted.Entry, tokencache.Server(minted.Server))
			}
			return minted.Entry, nil
		}
		var e tokencache.Entry
		if target.Credential == tokenrequest.Administrator {
			e, err = mintOne(ctx) // it is never on a disk
		} else {
			e, err = flight.Token(ctx, target.Key, want, mintOne)
		}
		if !errors.As(err, new(*clusteraccess.InstanceRefusedError)) || refused != "" {
			return e, err
		}
		refused = instance.tag
	}
}

// uncached is that certificates need the cache: each call would have the cluster sign another one, of which a client
// that asks again could not keep a connection.
func uncached(target tokenrequest.Target) error {
	return hint.Wrap(fmt.Errorf("a certificate needs the cache, and %s turns that off: every command would have edge "+
		"cluster %q sign another one", target.Store.OffBy(), target.Cluster),
		"cache again: %s; or write the kubeconfig with --credential token", cacheAgain(target.Store))
}

func (a *app) clusterMinter() clusteraccess.Minter {
	return clusteraccess.Minter{
		Now: a.Now, UserAgent: a.userAgent(), Work: a.work,
		Note: func(text string) { a.Note("note: %s", text) },
	}
}

// principalOf is whom a credential of an edge cluster names. A session says it without the network.
func (a *app) principalOf(ctx context.Context, target tokenrequest.Target) (string, error) {
	account, err := a.account(target.Scope)
	if err != nil {
		return "", err
	}
	source, err := account.Environment()
	if err == nil && source == nil {
		if target.Principal != "" {
			return target.Principal, nil
		}
		source, err = account.Open(ctx)
	}
	if err != nil {
		return "", err
	}
	token, err := source.Token(ctx)
	return token.Principal, err
}

// workCommand is the command of the process that uses an administrator's credential.
const workCommand = "cluster-work"

// errKilled is that somebody, or the system for want of memory, ended the process of the administrator's credential.
var errKilled = errors.New("the process that does it was killed")

// work has a process of its own do the job: see clusteraccess.Job.
func (a *app) work(ctx context.Context, job clusteraccess.Job) (clusteraccess.Outcome, error) {
	var outcome clusteraccess.Outcome
	input, err := json.Marshal(job)
	if err != nil {
		return outcome, err
	}
	program, err := os.Executable()
	if err != nil {
		return outcome, err
	}
	var out bytes.Buffer
	child := plugin.Child{Args: []string{program, workCommand}, In: bytes.NewReader(input), Out: &out,
		ErrOut: plugin.Raw(a.ErrOut)}
	code, err := child.Run(ctx)
	switch {
	case err != nil:
		return outcome, fmt.Errorf("start %s: %w", program, err)
	case ctx.Err() != nil:
		return outcome, fmt.Errorf("get a credential for edge cluster %q: %w", job.Cluster.Cluster, context.Cause(ctx))
	case code > 128:
		return outcome, fmt.Errorf("get a credential for edge cluster %q: %w (exit code %d)", job.Cluster.Cluster,
			errKilled, code)
	case code != 0:
		return outcome, plugin.WithCode(code, plugin.ErrSilent) // it has said why
	}
	return outcome, json.Unmarshal(out.Bytes(), &outcome)
}

// newWorkCmd is what work starts.
func newWorkCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    workCommand,
		Short:  "Use the administrator's credential of an edge cluster for kubectl edge",
		Hidden: true,
		Args:   cobra.NoArgs,
		// Whose the folders are does not matter here: none is used.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, _ []string) error {
			keepOutOfDumps()
			return clusteraccess.Work(cmd.Context(), a.In, a.Out, func(text string) { a.Note("%s", text) })
		},
	}
}
