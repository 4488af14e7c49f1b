package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/scratch"
)

// kubectlRuns starts kubectl for contexts.
type kubectlRuns struct {
	*eachRun
	path    string
	args    []string
	input   []byte
	folder  *scratch.Folder // nil where kubectl reads the whole kubeconfig
	streams []eachStreams   // nil where the output is kept
}

// runKubectl starts kubectl for each context.
func (r *eachRun) runKubectl(ctx context.Context, args []string) error {
	k, err := r.newKubectlRuns(ctx, args)
	if err != nil {
		return err
	}
	defer k.close()
	if r.merging.format == "" {
		k.streams = r.streams()
	}
	var p *eachProgress // lines that come as they are written say enough
	if k.streams == nil {
		p = r.progress(args[0])
	}
	defer p.end()
	limit := parallel
	if watches(args) { // the others would never begin
		limit = max(limit, len(r.contexts))
	}
	return r.everywhere(ctx, limit, func(ctx context.Context, i int) {
		k.run(ctx, i)
		p.step(i)
	})
}

func findKubectl() (string, error) {
	path, err := exec.LookPath("kubectl")
	if err != nil {
		return "", hint.Wrap(fmt.Errorf("find kubectl: %w", err), "install it: https://kubernetes.io/docs/tasks/tools/")
	}
	return path, nil
}

func (r *eachRun) newKubectlRuns(ctx context.Context, args []string) (*kubectlRuns, error) {
	k := &kubectlRuns{eachRun: r, args: args}
	var err error
	if k.path, err = findKubectl(); err != nil {
		return nil, err
	}
	if wantsInput(args) {
		if k.input, err = interrupt.Read(ctx, func() ([]byte, error) { return io.ReadAll(r.In) }); err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
	}
	if slices.Contains(clusterCommands(), args[0]) {
		k.folder = r.scratch()
	}
	return k, nil
}

func (k *kubectlRuns) close() {
	if k.folder != nil {
		k.folder.Remove()
	}
}

// scratch is a folder for kubeconfigs, or nil where there is no place for one: it makes things faster, and no more.
func (a *app) scratch() *scratch.Folder {
	folder, err := scratch.New(a.dirs.Lent("each"))
	if err != nil {
		return nil
	}
	return folder
}

// run runs one command until it ends. When ctx does, it is interrupted as by Ctrl-C, and killed if that is in vain.
func (k *kubectlRuns) run(ctx context.Context, i int) {
	end := &k.ends[i]
	args, env := k.arguments(i)
	child := plugin.Child{Args: append([]string{k.path}, args...), Env: env, Out: &end.stdout, ErrOut: &end.stderr,
		Tied: true}
	if k.input != nil {
		child.In = bytes.NewReader(k.input)
	}
	flush := func() {}
	if k.streams != nil {
		child.Out, child.ErrOut, flush = k.streams[i].out, k.streams[i].errOut, k.streams[i].flush
	}
	var documents *documentReader
	if k.watched != nil {
		documents = &documentReader{documents: k.watched, name: k.names[i]}
		child.Out = documents
	}
	if !logs(k.args) {
		quiet, flushed := &withoutAttempts{to: child.ErrOut}, flush
		child.ErrOut = quiet
		flush = func() { quiet.flush(); flushed() }
	}
	defer flush()
	if end.code, end.err = child.Run(ctx); end.err != nil {
		end.code = exitError
	}
	if documents != nil && ctx.Err() == nil && len(documents.other()) > 0 {
		_, _ = child.ErrOut.Write(documents.other()) // what it is, a person sees
		if end.code == 0 {
			end.code, end.err = exitError, errNotJSON
		}
	}
	if timeout, ok := errors.AsType[fleet.TimeoutError](context.Cause(ctx)); ok {
		flush() // it may have been interrupted within a line
		end.code, end.err = exitError, nil
		fmt.Fprintln(child.ErrOut, fleet.Failure(ctx, timeout))
	}
}

// arguments puts the context after the command's first word: kubectl takes no flag before the name of a plugin.
func (k *kubectlRuns) arguments(i int) (args, env []string) {
	flags := []string{"--context=" + k.contexts[i].Name}
	if k.folder != nil {
		env = k.alone(i)
	}
	if env == nil && k.eachOptions.path != "" {
		flags = append(flags, "--kubeconfig="+k.eachOptions.path)
	}
	args = k.withFormat(k.args)
	if k.watched != nil {
		args = inFormat(k.args, "json") // in which one can see where a document ends
	}
	first := min(1, verbWords(args))
	return slices.Concat(args[:first], flags, args[first:]), env
}

// alone is the environment in which kubectl reads a kubeconfig of its one context: it reads all entries each time, and
// again for the helper. A larger GOGC spares it the collections of garbage that most of its commands end without
// needing. nil leaves all as it is.
func (k *kubectlRuns) alone(i int) []string {
	name := k.contexts[i].Name
	part, err := fleet.Part(k.config, name)
	if err != nil {
		return nil
	}
	data, err := clientcmd.Write(withPaths(part))
	if err != nil {
		return nil
	}
	path, err := k.folder.Write(fmt.Sprintf("%d.yaml", i), data)
	if err != nil {
		return nil
	}
	env := slices.DeleteFunc(k.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "KUBECONFIG=") })
	if k.Getenv("GOGC") == "" {
		env = append(env, "GOGC=400")
	}
	return append(env, "KUBECONFIG="+path)
}

// withPaths is config for another folder: its paths are those of where its entries came from.
func withPaths(config *api.Config) api.Config {
	resolved := config.DeepCopy()
	_ = clientcmd.ResolveLocalPaths(resolved) // it fails where the current folder is gone, and then so does kubectl
	return *resolved
}
