// Package credential is the exec credential helper. It answers from the cache, and leaves everything else to
// kubectl-edge.
//
// It runs with every kubectl command, so the order is: arguments, configuration, cache, print. It imports the standard
// library and our own packages of the same diet, and a hit takes no lock and touches no network.
package credential

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/caller"
	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/execcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

const usage = `Print a token for a STACKIT Edge Cloud instance as an ExecCredential of client.authentication.k8s.io.

Kubeconfigs call this program; kubectl edge kubeconfig create writes them. It answers from a cache, and asks
kubectl-edge, which must be installed too, to mint a token when there is none. With --cluster it prints a certificate
for an edge cluster that the instance manages, and its key.

Usage:
  kubectl-edge_credential --project-id=UUID --region=eu01 --instance-id=demo-3714d85 [--profile=NAME] [--expiration=15m]
  kubectl-edge_credential --project-id=UUID --region=eu01 --instance-id=demo-3714d85 --cluster=berlin [--role=view]
  kubectl-edge_credential version [-o json|yaml]

Flags:
`

// Process is what a run needs of its process.
type Process struct {
	Args           []string // with the program's name, as it was called
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	Build          func() buildinfo.Info // asked only when somebody wants to know
}

// Run answers, and returns the exit code: 0, or 1 after an error that was printed. On a miss it does not return where
// the system can replace a process by kubectl-edge.
func Run(p Process) int {
	code, err := run(p)
	if err != nil {
		hint.Print(p.Stderr, err)
		return 1
	}
	return code
}

func run(p Process) (int, error) {
	if len(p.Args) > 1 && p.Args[1] == "version" {
		return 0, version(p, p.Args[2:])
	}
	request, err := tokenrequest.Parse(p.Args[1:])
	switch {
	case errors.Is(err, tokenrequest.ErrHelp):
		return 0, help(p.Stdout)
	case errors.Is(err, tokenrequest.ErrVersion):
		_, err := io.WriteString(p.Stdout, p.Build().Version+"\n")
		return 0, err
	case err != nil:
		return 0, err
	}
	info, err := execcredential.ParseInfo(p.Getenv(execcredential.Variable))
	if err != nil {
		return 0, err
	}
	if err := request.Check(); err != nil {
		return 0, err
	}
	d, err := dirs.For("kubectl-edge")
	if err != nil {
		return 0, err
	}
	key, err := request.Key(d, p.Getenv)
	if err != nil {
		return 0, err
	}
	store, err := tokencache.Open(d, "", p.Getenv) // what is configured is in the key
	if err != nil {
		return 0, err
	}
	client := tokencache.CurrentClient(p.Getenv(execcredential.Variable))
	missed := func(extra ...string) (int, error) {
		args := append([]string{"credential", "--client=" + client.String()}, extra...)
		return execEdge(p, append(args, request.Args()...))
	}

	now := p.Now()
	answer, err := store.Answer(key, client, now)
	if err != nil && !errors.As(err, new(*securefile.Error)) && store.Dir() != "" {
		waited, errWait := waitForMint(store.LockPath(key), patience, func() {
			fmt.Fprintln(p.Stderr, "waiting for another process, which mints "+request.Wanted())
		})
		if errWait != nil {
			return 0, errWait
		}
		if waited {
			now = p.Now()
			answer, err = store.Answer(key, client, now)
		}
	}
	if err != nil {
		return missed()
	}
	entry := answer.Entry
	if answer.Again && entry.Replaceable(now) {
		return missed("--refused=" + entry.Tag())
	}
	if err := info.Write(p.Stdout, entry.Credential(), answer.Until); err != nil {
		return 0, err
	}
	if entry.Ageing(now) && store.StartRefresh(key, now, tokencache.Entry.Ageing) {
		if err := startEdge(p, append([]string{"credential", "--refresh"}, request.Args()...)); err != nil {
			store.EndRefresh(key) // the token lives on; the next call tries again, and a miss says what is wrong
		}
	}
	return 0, nil
}

func help(w io.Writer) error {
	text := usage
	for _, f := range new(tokenrequest.Request).Flags() {
		text += fmt.Sprintf("      --%-21s %s\n", f.Name+" "+f.Value.Type(), f.Help)
	}
	_, err := io.WriteString(w, text+"      --version               print the version\n")
	return err
}

const (
	// patience is how long the helper itself waits for another process that mints.
	patience = 30 * time.Second
	// noticedAfter is when a person who waits wants to know what for.
	noticedAfter = 2 * time.Second
)

// execEdge runs kubectl-edge in this process's place.
func execEdge(p Process, args []string) (int, error) {
	caller.Client().Restore() // a PATH of the kubeconfig's would say what kubectl-edge is
	path, err := findEdge(p.Args[0], os.Executable)
	if err != nil {
		return 0, err
	}
	return execProgram(path, append([]string{path}, args...))
}

// startEdge starts kubectl-edge in the background. Nobody waits for it: client-go reads the helper's output until every
// process that could write to it is gone, so the new one has nothing in common with this one.
func startEdge(p Process, args []string) error {
	// The client will be gone, so what it has in its environment is found out here.
	client := caller.Client()
	if client == nil || !client.SameFolders(p.Getenv) {
		args = append(args, "--foreign")
	}
	client.Restore()
	path, err := findEdge(p.Args[0], os.Executable)
	if err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	keepToOurselves()
	environ := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, execcredential.Variable+"=")
	})
	process, err := os.StartProcess(path, append([]string{path}, args...), &os.ProcAttr{
		Files: []*os.File{null, null, null}, Sys: detached(), Env: environ,
	})
	if err != nil {
		return err
	}
	return process.Release()
}
