package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// result is one line of the table.
type result struct {
	what, against string
	spread        spread  // a ratio, or with no against a figure
	bound         float64 // at most; 0 for none
	unit          string  // "×", or what is counted
	own, peer     string  // the figures behind a ratio
}

func (r result) met() bool { return r.bound == 0 || r.spread.median <= r.bound }

// contest is commands that are measured in turn, round by round.
type contest struct {
	rounds   int
	commands map[string]command
	install  func() error            // the programs, if they are installed again and again
	before   map[string]func() error // what is to be done before each run of a command, unmeasured
	after    map[string]func() error
}

// installEvery is after how many rounds the programs are installed again: where the pages of a file come to lie changes
// how long a program takes to start by a tenth, for as long as the file is there.
const installEvery = 20

func (c contest) run() (map[string]timing, error) {
	timings := map[string]timing{}
	for round := range c.rounds {
		if c.install != nil && round%installEvery == 0 {
			if err := c.install(); err != nil {
				return nil, err
			}
		}
		if round == 0 || c.install != nil && round%installEvery == 0 {
			if _, err := c.round(); err != nil { // fills the caches of the machine
				return nil, err
			}
		}
		took, err := c.round()
		if err != nil {
			return nil, err
		}
		for name, d := range took {
			timings[name] = append(timings[name], d)
		}
	}
	return timings, nil
}

// round measures each command once.
func (c contest) round() (map[string]time.Duration, error) {
	took := map[string]time.Duration{}
	for name, command := range c.commands { // in another order each round, as maps have it
		if before := c.before[name]; before != nil {
			if err := before(); err != nil {
				return nil, err
			}
		}
		var err error
		if took[name], err = measure(command); err != nil {
			return nil, err
		}
		if after := c.after[name]; after != nil {
			if err := after(); err != nil {
				return nil, err
			}
		}
	}
	return took, nil
}

// measureAll measures everything; quick does it in few rounds.
func (s *stage) measureAll(quick bool) ([]result, error) {
	rounds := func(n int) int {
		if quick {
			return max(n/20, 3)
		}
		return n
	}
	var results []result
	for _, part := range []func(func(int) int) ([]result, error){
		s.helpers, s.sizes, s.refreshAhead, s.certificates, s.throughKubectl, s.storm, s.misses, s.lists, s.entries,
		s.completions, s.fleet, s.audits,
	} {
		more, err := part(rounds)
		if err != nil {
			return nil, err
		}
		results = append(results, more...)
	}
	return results, nil
}

func compare(what, against string, bound float64, own, peer timing) result {
	return result{
		what: what, against: against, bound: bound, unit: "×", spread: own.ratio(peer),
		own: own.milliseconds().String() + " ms", peer: peer.milliseconds().String() + " ms",
	}
}

const (
	bareProgram = "bare Go program that prints a constant"
	warm        = "helper, warm: wall"

	// missBound is 0.6 of what a miss took, beside the same command, while it read all authorities twice: 0.73.
	missBound = 0.44
)

func (s *stage) helpers(rounds func(int) int) ([]result, error) {
	floor, err := contest{
		rounds: rounds(1000), install: s.install,
		commands: map[string]command{"bare": s.bare, "helper": s.helper},
	}.run()
	if err != nil {
		return nil, err
	}
	t, err := contest{
		rounds: rounds(400), install: s.install,
		commands: map[string]command{"helper": s.helper, "gke": s.gke, "kubelogin": s.kubelogin},
	}.run()
	if err != nil {
		return nil, err
	}
	return []result{
		compare(warm, bareProgram, 1.25, floor["helper"], floor["bare"]),
		compare(warm, "gke-gcloud-auth-plugin, warm", 0.5, t["helper"], t["gke"]),
		compare(warm, "kubelogin, warm", 0.45, t["helper"], t["kubelogin"]),
	}, nil
}

func (s *stage) sizes(rounds func(int) int) ([]result, error) {
	type figures struct{ own, bare, ratio []float64 }
	var private, largest figures
	for range rounds(60) {
		h, err := memory(s.helper)
		if err != nil {
			return nil, err
		}
		b, err := memory(s.bare)
		if err != nil {
			return nil, err
		}
		for f, kib := range map[*figures][2]int64{&private: {h.own, b.own}, &largest: {h.largest, b.largest}} {
			own, bare := float64(kib[0])/1024, float64(kib[1])/1024
			f.own, f.bare, f.ratio = append(f.own, own), append(f.bare, bare), append(f.ratio, own/bare)
		}
	}
	row := func(what string, bound float64, f figures) result {
		return result{what: what, against: bareProgram, bound: bound, unit: "×", spread: spreadOf(f.ratio),
			own: spreadOf(f.own).String() + " MiB", peer: spreadOf(f.bare).String() + " MiB"}
	}
	info, err := os.Stat(s.helper.args[0])
	if err != nil {
		return nil, err
	}
	size := float64(info.Size()) / 1e6
	return []result{
		row("helper, warm: memory of its own", 1.3, private),
		row("helper, warm: with pages of its program file", 0, largest),
		{what: "helper's size, stripped", bound: 3, unit: "MB", spread: spread{size, size, size}},
	}, nil
}

// refreshAhead measures an answer with a token in the last fifth of its life, which starts a process that fetches the
// next.
func (s *stage) refreshAhead(rounds func(int) int) ([]result, error) {
	t, err := contest{
		rounds:   rounds(40),
		commands: map[string]command{"bare": s.bare, "helper": s.helper},
		before:   map[string]func() error{"helper": s.age},
		after:    map[string]func() error{"helper": s.awaitRefresh},
	}.run()
	if err != nil {
		return nil, err
	}
	return []result{compare("helper, warm, starting a refresh: wall", bareProgram, 0, t["helper"], t["bare"])}, nil
}

// age has the cached tokens look as if they were in the last fifth of their life.
func (s *stage) age() error {
	files, err := s.store.List()
	if err != nil {
		return err
	}
	for _, f := range files {
		f.Entry.Issued = time.Now().Add(-13 * time.Minute)
		f.Entry.Expires = f.Entry.Issued.Add(15 * time.Minute)
		if err := s.store.Put(f.Key, f.Entry); err != nil {
			return err
		}
	}
	return nil
}

// awaitRefresh waits until there is a young token and nobody is fetching one.
func (s *stage) awaitRefresh() error {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		files, err := s.store.List()
		if err != nil {
			return err
		}
		marks, _ := filepath.Glob(filepath.Join(s.store.Dir(), "*.refresh"))
		if len(marks) == 0 && len(files) > 0 && !anyAgeing(files) {
			return nil
		}
	}
	return fmt.Errorf("no token was fetched ahead within a minute")
}

func anyAgeing(files []tokencache.File) bool {
	for _, f := range files {
		if f.Entry.Ageing(time.Now()) {
			return true
		}
	}
	return false
}

// certificates measures an answer with the certificate of an edge cluster beside one with a token.
func (s *stage) certificates(rounds func(int) int) ([]result, error) {
	certificate, err := s.warmCertificate()
	if err != nil {
		return nil, err
	}
	t, err := contest{
		rounds: rounds(400), install: s.install,
		commands: map[string]command{"certificate": certificate, "token": s.helper},
	}.run()
	if err != nil {
		return nil, err
	}
	return []result{compare("helper, warm, with an edge cluster's certificate: wall", "helper, warm, with a token",
		1.05, t["certificate"], t["token"])}, nil
}

func (s *stage) throughKubectl(rounds func(int) int) ([]result, error) {
	t, err := contest{rounds: rounds(150), commands: map[string]command{"helper": s.kubectl,
		"bare": s.kubectlBare}}.run()
	if err != nil {
		return nil, err
	}
	return []result{compare("kubectl get --raw /version: wall", "kubectl with that bare program as helper", 1.03,
		t["helper"], t["bare"])}, nil
}

// storm starts 100 helpers at once on an empty cache.
func (s *stage) storm(rounds func(int) int) ([]result, error) {
	const helpers = 100
	var mints, took []float64
	for range max(rounds(60)/20, 1) {
		if _, err := output("kubectl", "edge", "cache", "clean"); err != nil {
			return nil, err
		}
		before, err := minted()
		if err != nil {
			return nil, err
		}
		start := time.Now()
		errs := make([]error, helpers)
		var group sync.WaitGroup
		for i := range helpers {
			group.Go(func() { _, errs[i] = measure(s.helper) })
		}
		group.Wait()
		took = append(took, time.Since(start).Seconds()*1000)
		for _, err := range errs {
			if err != nil {
				return nil, err
			}
		}
		after, err := minted()
		if err != nil {
			return nil, err
		}
		mints = append(mints, float64(after-before))
	}
	return []result{{
		what: "100 helpers at once on an empty cache", bound: 1, unit: "tokens minted", spread: spreadOf(mints),
		own: spreadOf(took).String() + " ms for all",
	}}, nil
}

func (s *stage) lists(rounds func(int) int) ([]result, error) {
	const ours, theirs = "kubectl edge instance list", "stackit beta edge-cloud instance list"
	bare, err := contest{rounds: rounds(60), commands: map[string]command{"ours": s.instances,
		"cli": s.stackitInstances}}.run()
	if err != nil {
		return nil, err
	}
	real, err := contest{rounds: rounds(100), commands: map[string]command{
		"ours": s.instances.with(s.system), "cli": s.stackitInstances.with(s.system),
	}}.run()
	if err != nil {
		return nil, err
	}
	return []result{
		compare(ours+systemRoots, theirs+", the same", 0.3, real["ours"], real["cli"]),
		compare(ours+": wall", theirs, 0.5, bare["ours"], bare["cli"]),
	}, nil
}

// systemRoots is what both sides of a row read.
const systemRoots = ", with the system's certificate authorities: wall"

// misses measures an answer of the helper on an empty cache, for which kubectl-edge mints a token.
func (s *stage) misses(rounds func(int) int) ([]result, error) {
	t, err := contest{
		rounds:   rounds(100),
		commands: map[string]command{"helper": s.helper.with(s.system), "cli": s.stackitToken.with(s.system)},
		before: map[string]func() error{"helper": func() error {
			_, err := s.store.Clean(func(tokencache.File) bool { return true })
			return err
		}},
	}.run()
	if err != nil {
		return nil, err
	}
	return []result{
		compare("helper, on a miss"+systemRoots, "stackit beta edge-cloud token create, the same", missBound,
			t["helper"], t["cli"]),
	}, nil
}

// entries has the benchmark of pkg/kubeconfig print the time per entry of large kubeconfigs.
func (s *stage) entries(rounds func(int) int) ([]result, error) {
	line := regexp.MustCompile(`BenchmarkApply/add/(\d+)\S*\s.*\s([0-9.]+) µs/entry`)
	perEntry := map[string][]float64{}
	var ratio []float64
	for range rounds(7) {
		out, err := output("go", "-C", s.tree, "test", "-run=^$", "-bench=^BenchmarkApply$/^add$/^(1000|10000)$",
			"-benchtime=2x", "./pkg/kubeconfig")
		if err != nil {
			return nil, err
		}
		found := line.FindAllStringSubmatch(out, -1)
		if len(found) != 2 {
			return nil, fmt.Errorf("the benchmark of kubeconfig entries printed something else:\n%s", out)
		}
		for _, m := range found {
			v, err := strconv.ParseFloat(m[2], 64)
			if err != nil {
				return nil, err
			}
			perEntry[m[1]] = append(perEntry[m[1]], v)
		}
		last := len(ratio)
		ratio = append(ratio, perEntry["10000"][last]/perEntry["1000"][last])
	}
	return []result{{
		what: "kubeconfig of 10,000 entries: time per entry", against: "kubeconfig of 1,000 entries", bound: 1.1,
		unit: "×", spread: spreadOf(ratio),
		own: spreadOf(perEntry["10000"]).String() + " µs", peer: spreadOf(perEntry["1000"]).String() + " µs",
	}}, nil
}
