package scripttest

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
)

func runningCommands() map[string]command {
	return map[string]command{
		"exits": {running, "CODE COMMAND…", "runs a command that has to end with the exit code", 2, many, exits},
		"powerless": {running, "CODE COMMAND…", "is exits for a command that has only the rights that modes give it",
			2, many, powerless},
		"complains": {running, "LINE…", "checks that the last command wrote exactly these lines on stderr, and " +
			"nothing on stdout",
			1, many, complains},
		"together": {running, "N COMMAND…",
			"runs a command N times at once: each must succeed with nothing on stderr, but that it waits; " +
				"stdout has all outputs", 2, many, together},
		"spread": {running, "N COMMAND…",
			"runs a command N times at once, each with --instance-id of another one of the " +
				"instances that instances made: each must succeed; stdout and stderr have all outputs", 2, many,
			spread},
		"eventually": {running, "COMMAND…", "runs a command again and again until it succeeds", 1, many, eventually},
		"standstill": {running, "begin|end", "has the clock of the programs that follow stand still, or go on", 1, 1,
			standstill},
		"printable": {running, "", "checks that nothing in the output of the last program controls a terminal", 0, 0,
			printable},
		"distinct": {running, "N [FILE]", "checks how many different lines a file has, by default stdout", 1, 2,
			distinct},
	}
}

// exits CODE COMMAND… runs a command that has to end with the exit code.
func exits(ts *testscript.TestScript, _ *World, args []string) error {
	return wantExit(args[0], ts.Exec(args[1], args[2:]...))
}

// powerless CODE COMMAND… is exits for a command that has only the rights that modes give it.
func powerless(ts *testscript.TestScript, _ *World, args []string) error {
	return withoutPower(func() error { return wantExit(args[0], ts.Exec(args[1], args[2:]...)) })
}

func wantExit(want string, err error) error {
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		return err
	}
	if strconv.Itoa(got) != want {
		return fmt.Errorf("exit code %d, want %s", got, want)
	}
	return nil
}

// complains LINE… checks that the last command wrote exactly these lines on stderr, and nothing on stdout.
func complains(ts *testscript.TestScript, _ *World, args []string) error {
	if out := ts.ReadFile("stdout"); out != "" {
		return fmt.Errorf("stdout is not empty: %q", out)
	}
	got, want := ts.ReadFile("stderr"), strings.Join(args, "\n")+"\n"
	if got != want {
		return fmt.Errorf("stderr:\n%swant:\n%s", got, want)
	}
	return nil
}

func together(ts *testscript.TestScript, w *World, args []string) error {
	program, err := lookPath(ts, args[1])
	if err != nil {
		return err
	}
	return atOnce(ts, w, args[0], func(int) *exec.Cmd { return exec.Command(program, args[2:]...) }, true)
}

func spread(ts *testscript.TestScript, w *World, args []string) error {
	program, err := lookPath(ts, args[1])
	if err != nil {
		return err
	}
	return atOnce(ts, w, args[0], func(n int) *exec.Cmd {
		return exec.Command(program, append(slices.Clone(args[2:]), "--instance-id="+instanceID(n))...)
	}, false)
}

// complaints reports whether stderr has more than that a wait takes long, which one of many may have to say.
func complaints(stderr string) bool {
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "waiting for ") {
			return true
		}
	}
	return false
}

// atOnce runs commands at once, that have to succeed, and with quiet to write nothing on stderr.
func atOnce(ts *testscript.TestScript, w *World, times string, command func(int) *exec.Cmd, quiet bool) error {
	n, err := strconv.Atoi(times)
	if err != nil {
		return err
	}
	runs := make([]*exec.Cmd, n)
	stdouts, stderrs := make([]strings.Builder, n), make([]strings.Builder, n)
	for i := range runs {
		cmd := command(i)
		// As a client calls it: the helper looks at the environment of what called it.
		cmd = exec.Command("sh", append([]string{"-c", `"$@"; exit $?`, "client", cmd.Path}, cmd.Args[1:]...)...)
		cmd.Dir, cmd.Env = ts.MkAbs("."), w.environ(ts)
		cmd.Stdout, cmd.Stderr = &stdouts[i], &stderrs[i]
		if err := cmd.Start(); err != nil {
			return err
		}
		runs[i] = cmd
	}
	var errs []error
	for i, cmd := range runs {
		if err := cmd.Wait(); err != nil || quiet && complaints(stderrs[i].String()) {
			errs = append(errs, fmt.Errorf("run %d: %w: %s", i, err, stderrs[i].String()))
		}
		fmt.Fprint(ts.Stdout(), stdouts[i].String())
		fmt.Fprint(ts.Stderr(), stderrs[i].String())
	}
	return errors.Join(errs...)
}

// environ is the script's environment as it is now, as far as it can be known: testscript does not list it.
func (w *World) environ(ts *testscript.TestScript) []string {
	names := []string{"KUBERNETES_EXEC_INFO", "SIGN_IN"} // which scripts set themselves
	for _, variable := range w.Env.Vars {
		name, _, _ := strings.Cut(variable, "=")
		names = append(names, name)
	}
	var env []string
	for _, name := range names {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// lookPath finds a program on the script's PATH.
func lookPath(ts *testscript.TestScript, program string) (string, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path, nil
		}
	}
	return "", &exec.Error{Name: program, Err: exec.ErrNotFound}
}

func printable(ts *testscript.TestScript, _ *World, _ []string) error {
	plugintest.Printable(ts, false, nil)
	return nil
}

func distinct(ts *testscript.TestScript, _ *World, args []string) error {
	file := "stdout"
	if len(args) == 2 {
		file = args[1]
	}
	lines := map[string]bool{}
	for line := range strings.Lines(ts.ReadFile(file)) {
		lines[line] = true
	}
	if got := strconv.Itoa(len(lines)); got != args[0] {
		return fmt.Errorf("%s has %s different lines, want %s", file, got, args[0])
	}
	return nil
}

// until calls try again and again, for at most two minutes, until it returns nil.
func until(try func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(5 * time.Minute); ; {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-deadline:
			return err
		}
	}
}

// stillAt is the variable with the time at which a program's clock stands still.
const stillAt = "SCRIPTTEST_NOW"

// standstill begin|end has the clock of the programs that follow stand still, or go on.
func standstill(ts *testscript.TestScript, _ *World, args []string) error {
	switch args[0] {
	case "begin":
		ts.Setenv(stillAt, time.Now().Format(time.RFC3339Nano))
	case "end":
		ts.Setenv(stillAt, "")
	default:
		return fmt.Errorf("standstill %s: want begin or end", args[0])
	}
	return nil
}

// Clock is what a program of the scripts takes for the time: now, unless standstill has stopped it.
func Clock(getenv func(string) string, now func() time.Time) func() time.Time {
	at, err := time.Parse(time.RFC3339Nano, getenv(stillAt))
	if err != nil {
		return now
	}
	return func() time.Time { return at }
}

// eventually COMMAND… runs a command again and again until it succeeds.
func eventually(ts *testscript.TestScript, _ *World, args []string) error {
	return until(func() error { return ts.Exec(args[0], args[1:]...) })
}
