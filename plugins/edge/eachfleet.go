package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/execcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
	"github.com/kubectl-edge/kubectl-edge/pkg/kuberc"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// parallelFleet is how many servers are asked at once by this process: mostly it waits for them.
const parallelFleet = 16

// eachFleet asks all contexts in this process.
type eachFleet struct {
	*eachRun
	args    []string
	command *fleet.Command
	members []*fleet.Member
	answers []*fleet.Answer
}

// fleet reports whether the command can be answered in this process, for all contexts alike.
func (r *eachRun) fleet(args []string) (*eachFleet, bool) {
	command, ok := fleet.Parse(r.withFormat(args))
	if !ok || r.merging.format != "" && command.Watches() || !kubectlAsEver(r.Getenv) {
		return nil, false
	}
	f := &eachFleet{eachRun: r, args: args, command: command, answers: make([]*fleet.Answer, len(r.contexts))}
	config := withPaths(r.config)
	for i, c := range r.contexts {
		member, request, err := fleet.MemberOf(&config, c.Name)
		if err != nil {
			return nil, false
		}
		member.Config.UserAgent = "kubectl-edge/" + r.Build.Version
		member.Instance = r.names[i].Instance
		member.Credential = r.credentialFor(request)
		f.members = append(f.members, member)
	}
	return f, true
}

// kubectlAsEver reports whether kubectl's preferences leave its commands, and our helper, as they are.
func kubectlAsEver(getenv func(string) string) bool {
	path := kubercPath(getenv)
	if getenv("KUBERC") == "off" {
		return true
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return errors.Is(err, os.ErrNotExist)
	}
	preference, err := kuberc.Read(data)
	return err == nil && preference.Runs(tokenrequest.Helper)
}

// credentialFor is where a member's credential comes from: what the helper would answer, without a process for it.
func (a *app) credentialFor(request tokenrequest.Request) func(context.Context, *fleet.Credential) (fleet.Credential,
	error) {
	return func(ctx context.Context, refused *fleet.Credential) (fleet.Credential, error) {
		if refused == nil {
			if e, ok := a.hit(request); ok {
				return credentialOf(e), nil
			}
		}
		target, err := request.Resolve(a.dirs, a.Getenv)
		if err != nil {
			return fleet.Credential{}, err
		}
		var want mint.Want
		if refused != nil {
			cached, err := target.Store.Get(target.Key, a.Now())
			if err == nil && cached.Tag() == refused.ID && !cached.Replaceable(a.Now()) {
				return *refused, nil // the server refuses for another reason
			}
			want.Refused = refused.ID
		}
		e, err := a.cachedToken(ctx, target, want)
		return credentialOf(e), err
	}
}

// hit is the cached token for a request. It needs no more than the helper reads.
func (a *app) hit(request tokenrequest.Request) (tokencache.Entry, bool) {
	key, err := request.Key(a.dirs, a.Getenv)
	if err != nil {
		return tokencache.Entry{}, false
	}
	store, err := tokencache.Open(a.dirs, "", a.Getenv) // what is configured is in the key
	if err != nil {
		return tokencache.Entry{}, false
	}
	e, err := store.Get(key, a.Now())
	return e, err == nil
}

func credentialOf(e tokencache.Entry) fleet.Credential {
	return fleet.Credential{
		Token: e.Token, CertPEM: []byte(e.Certificate), KeyPEM: []byte(e.PrivateKey), ID: e.Tag(),
	}
}

func (f *eachFleet) run(ctx context.Context) error {
	if err := f.logIn(ctx); err != nil {
		return err
	}
	if f.command.NeedsClient() {
		if err := f.askClient(ctx); err != nil {
			return err
		}
	}
	if f.command.Watches() {
		return f.watch(ctx)
	}
	p := f.progress(f.args[0])
	errEnd := f.everywhere(ctx, parallelFleet, func(ctx context.Context, i int) {
		a := f.command.Run(ctx, f.members[i])
		f.answers[i] = a
		if a.Err != nil && !a.NeedsKubectl() {
			f.ends[i].code = exitError
			fmt.Fprintln(&f.ends[i].stderr, strings.TrimRight(fleet.Failure(ctx, a.Err), "\n"))
		}
		p.step(i)
	})
	p.end()
	asked := errEnd == nil // kubectl
	if asked {
		errEnd = f.left(ctx)
	}
	if errEnd != nil && ctx.Err() == nil {
		return errEnd
	}
	for i, a := range f.answers { // after Ctrl-C a person gets what there is
		end := &f.ends[i]
		end.missing = end.missing || errEnd != nil && !asked && a != nil && a.NeedsKubectl()
		if end.missing {
			f.answers[i] = nil
			end.stdout.Reset()
			end.stderr.Reset()
		}
	}
	for i, a := range f.answers {
		if a != nil && !a.NeedsKubectl() {
			f.ends[i].stdout = a.Out
		}
	}
	if f.merging.format != "" {
		if !f.merging.results {
			f.printNotes(f.streams())
		}
		return errEnd
	}
	return cmp.Or(f.print(), errEnd)
}

// logIn has a person log in, once, where that is what the first context needs: it is the same login for most.
func (f *eachFleet) logIn(ctx context.Context) error {
	_, err := f.members[0].Credential(ctx, nil)
	required, ok := errors.AsType[*login.RequiredError](err)
	if !ok || !f.mayAsk(execcredential.Info{}) {
		return nil // each context says what is wrong with it
	}
	_, request, err := fleet.MemberOf(f.config, f.contexts[0].Name)
	if err != nil {
		return err
	}
	target, err := request.Resolve(f.dirs, f.Getenv)
	if err != nil {
		return err
	}
	return f.loginAgain(ctx, target.Scope, required, required)
}

// askClient asks kubectl, once, which version it is of.
func (f *eachFleet) askClient(ctx context.Context) error {
	path, err := findKubectl()
	if err != nil {
		return err
	}
	printed, err := exec.CommandContext(ctx, path, "version", "--client", "--output=json").Output()
	if err != nil {
		return fmt.Errorf("ask kubectl for its version: %w", err)
	}
	return f.command.SetClient(printed)
}

// left has kubectl answer for the contexts that only it can answer for.
func (f *eachFleet) left(ctx context.Context) error {
	if !slices.ContainsFunc(f.answers, func(a *fleet.Answer) bool { return a != nil && a.NeedsKubectl() }) {
		return nil
	}
	k, err := f.newKubectlRuns(ctx, f.args)
	if err != nil {
		return err
	}
	defer k.close()
	for i, a := range f.answers {
		if a != nil && a.NeedsKubectl() {
			f.ends[i].ended = false
		}
	}
	return f.everywhere(ctx, parallel, func(ctx context.Context, i int) {
		if a := f.answers[i]; a != nil && a.NeedsKubectl() {
			k.run(ctx, i)
		}
	})
}

// print prints the answers: tables as one, and all else with the name of its context.
func (f *eachFleet) print() error {
	if err := f.command.Merger(f.members).Print(f.Out, f.members, f.answers); err != nil {
		return err
	}
	streams := f.streams()
	for i, a := range f.answers {
		if a == nil {
			continue
		}
		if _, err := streams[i].out.Write(f.ends[i].stdout.Bytes()); err != nil {
			return err
		}
		streams[i].out.Flush()
	}
	f.printNotes(streams)
	f.printErrors(streams)
	return nil
}

// printErrors prints each error once, with the names of all that have it.
func (r *eachRun) printErrors(streams []eachStreams) {
	having := map[string][]int{}
	for i := range r.ends {
		text := r.ends[i].stderr.String()
		having[text] = append(having[text], i)
	}
	for i := range r.ends {
		text := r.ends[i].stderr.String()
		stream := streams[i].errOut
		switch have := having[text]; {
		case text == "" || have[0] != i:
			continue
		case len(have) > 1:
			var names []string
			for _, j := range have {
				names = append(names, r.names[j].String())
			}
			stream = plugin.NewLineWriter(plugin.Raw(r.ErrOut)).Stream(plugin.Names(names) + " | ")
		}
		_, _ = io.WriteString(stream, text) // the stream remembers an error
		stream.Flush()
	}
}

// printNotes prints what kubectl says beside its answers, once where it says the same of all contexts. That nothing was
// found is not said of some where the table shows others' rows.
func (f *eachFleet) printNotes(streams []eachStreams) {
	answered, rows := 0, false
	times := map[string]int{}
	for _, a := range f.answers {
		if a == nil || a.Err != nil {
			continue
		}
		answered++
		rows = rows || a.Rows() > 0
		for _, note := range a.Notes {
			times[note]++
		}
	}
	var said []string
	for i, a := range f.answers {
		if a == nil {
			continue
		}
		for _, note := range a.Notes {
			switch {
			case rows && strings.HasPrefix(note, "No resources found"), slices.Contains(said, note):
			case times[note] == answered && answered > 1:
				said = append(said, note)
				f.Note("%s", note)
			default:
				fmt.Fprintln(streams[i].errOut, note)
			}
		}
	}
}

// watch goes on until it is interrupted, or all servers have ended their watches.
func (f *eachFleet) watch(ctx context.Context) error {
	streams := f.streams()
	k := sync.OnceValues(func() (*kubectlRuns, error) {
		k, err := f.newKubectlRuns(ctx, f.args)
		if err == nil {
			k.streams = streams
		}
		return k, err
	})
	var asked atomic.Bool // kubectl
	defer func() {
		if asked.Load() {
			if k, err := k(); err == nil {
				k.close()
			}
		}
	}()
	merged := f.command.Merger(f.members).Stream(f.Out, f.watched, f.members)
	timeout := f.timeout // until it begins: a watch takes as long as it takes
	f.timeout = 0
	if f.parallel == 0 {
		f.parallel = len(f.members)
	}
	return f.everywhere(ctx, parallelFleet, func(ctx context.Context, i int) {
		note := func(text string) { fmt.Fprintln(streams[i].errOut, text) }
		ctx, begun, end := toBegin(ctx, timeout)
		defer end()
		err := f.command.Watch(ctx, f.members[i], merged, streams[i].out, note, begun)
		streams[i].flush()
		switch {
		case err == nil, f.Unwritten() != nil:
		case errors.As(context.Cause(ctx), new(fleet.TimeoutError)):
			f.ends[i].code = exitError
			note(fleet.Failure(ctx, err))
		case ctx.Err() != nil:
		case fleet.NeedsKubectl(err):
			begun() // the server has answered
			asked.Store(true)
			k, err := k()
			if err != nil {
				f.ends[i].code, f.ends[i].err = exitError, err
				return
			}
			k.run(ctx, i)
		case errors.Is(err, fleet.ErrWatchEnded):
			note(err.Error()) // as kubectl, which then ends with 0 and says nothing
		default:
			f.ends[i].code = exitError
			note(fleet.Failure(ctx, err))
		}
	})
}

// toBegin is ctx for a watch, which may take as long as it takes, but has to begin within this time, if it is any.
func toBegin(ctx context.Context, timeout time.Duration) (within context.Context, begun, end func()) {
	within, cancel := context.WithCancelCause(ctx)
	begun = func() {}
	if timeout > 0 {
		late := time.AfterFunc(timeout, func() { cancel(fleet.TimeoutError{After: timeout.String()}) })
		begun = func() { late.Stop() }
	}
	return within, begun, func() {
		begun()
		cancel(nil)
	}
}

// eachProgress says on a terminal how many contexts have answered, and which of the last ones have not.
type eachProgress struct {
	*plugin.Progress
	mu    sync.Mutex
	names []string // of the contexts; "" of one that has answered
}

// progress begins to say so. Elsewhere than on a terminal, and where lines of the contexts come as they are written,
// nothing is said.
func (r *eachRun) progress(verb string) *eachProgress {
	if !plugin.Terminal(r.ErrOut) {
		return &eachProgress{}
	}
	p := r.Progress("kubectl " + verb)
	p.Count(len(r.contexts))
	each := &eachProgress{Progress: p}
	for _, name := range r.names {
		each.names = append(each.names, name.String())
	}
	return each
}

// awaitedNames is how many characters of names stand behind the count: it has to fit into one line.
const awaitedNames = 30

func (p *eachProgress) step(i int) {
	if p == nil || p.Progress == nil {
		return
	}
	p.Step()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.names[i] = ""
	left := slices.DeleteFunc(slices.Clone(p.names), func(name string) bool { return name == "" })
	awaited := strings.Join(left, ", ")
	if awaited != "" && len(awaited) <= awaitedNames {
		p.Await("waiting for " + awaited)
	}
}

func (p *eachProgress) end() {
	if p != nil && p.Progress != nil {
		p.End()
	}
}
