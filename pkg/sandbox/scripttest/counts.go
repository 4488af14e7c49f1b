package scripttest

import (
	"fmt"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func countCommands() map[string]command {
	return map[string]command{
		"minted": {counts, "N", "checks how many tokens and kubeconfigs were minted since the last check of a count", 1,
			1, minted},
		"requests": {counts, "N [METHOD PATH]",
			"checks how many requests were sent since the last check of a count; with a " +
				"path, how many for it, which lets the counts go on", 1, 3, requests},
		"exchanged": {counts, "GRANT N", "checks how many tokens the identity provider gave for grants of this type " +
			"since " +
			"the last check of a count, and that it refused none", 2, 2, exchanged},
		"signed-in": {counts, "N", "checks how many people signed in since the last check of a count", 1, 1, signedIn},
		"await": {counts, "PATH|" + carriedOut,
			"waits until a path has been asked for since the last check of a count, or until " +
				"a request was carried out whose answer is lost (see fault)", 1, 1, await},
		"forget": {counts, "", "has await wait for requests that are yet to come", 0, 0, forget},
	}
}

// count checks a count, and has all begin again.
func (w *World) count(want string, of func(sandbox.Stats) (int, any)) error {
	stats := w.Sandbox.Stats()
	w.Sandbox.ResetStats()
	w.Requests.forget()
	if got, all := of(stats); strconv.Itoa(got) != want {
		return fmt.Errorf("got %d, want %s: %v", got, want, all)
	}
	return nil
}

func minted(_ *testscript.TestScript, w *World, args []string) error {
	return w.count(args[0], func(s sandbox.Stats) (int, any) { return s.Minted(), s.Mints })
}

func requests(_ *testscript.TestScript, w *World, args []string) error {
	seen := w.Requests.counts()
	switch len(args) {
	case 1:
		return w.count(args[0], func(s sandbox.Stats) (int, any) { return s.Requests, s.Paths })
	case 2:
		return fmt.Errorf("requests: a method or a path is missing")
	}
	if got := strconv.Itoa(seen[args[1]+" "+args[2]]); got != args[0] {
		return fmt.Errorf("%s requests, want %s: %v", got, args[0], seen)
	}
	return nil
}

func exchanged(_ *testscript.TestScript, w *World, args []string) error {
	var failed map[string]int
	err := w.count(args[1], func(s sandbox.Stats) (int, any) {
		failed = s.Failed
		return s.Exchanges[args[0]], s.Exchanges
	})
	if err == nil && len(failed) > 0 {
		err = fmt.Errorf("refused: %v", failed)
	}
	return err
}

func signedIn(_ *testscript.TestScript, w *World, args []string) error {
	return w.count(args[0], func(s sandbox.Stats) (int, any) { return s.SignIns, s.Exchanges })
}

func await(_ *testscript.TestScript, w *World, args []string) error { return w.Requests.await(args[0]) }

func forget(_ *testscript.TestScript, w *World, _ []string) error {
	w.Requests.forget()
	return nil
}
