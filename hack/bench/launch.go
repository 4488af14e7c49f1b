package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A second call by the same parent, well before its lease ends, means to the helper that a server refused the
// token. So each call gets a parent of its own, as each kubectl command is one: this program once more, which takes the
// time itself, so that its own start does not count.

// launched is the first argument of such a parent; the command follows.
const launched = "launched"

// launch runs a command with its output thrown away, and prints how long that took, and how much processor time, in
// nanoseconds. The first of the
// arguments is the exit code that the command has to have.
func launch(arguments []string) error {
	status, command := arguments[0], arguments[1:]
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	start := time.Now()
	process, err := os.StartProcess(path, command, &os.ProcAttr{Files: []*os.File{null, null, os.Stderr}})
	if err != nil {
		return err
	}
	state, err := process.Wait()
	took := time.Since(start)
	if err != nil {
		return err
	}
	if strconv.Itoa(state.ExitCode()) != status {
		return fmt.Errorf("%s: %s", command[0], state)
	}
	_, err = fmt.Println(took.Nanoseconds(), (state.UserTime() + state.SystemTime()).Nanoseconds())
	return err
}

// measure runs a command below a parent of its own, with further variables in its environment, and returns how long it
// took. It fails when the command does, or says anything on stderr.
func measure(c command) (time.Duration, error) {
	wall, _, err := cost(c)
	return wall, err
}

// cost is measure with the processor time of the command and of all that it has started and waited for.
func cost(c command) (wall, processor time.Duration, err error) {
	cmd := exec.Command(os.Args[0], append([]string{launched, strconv.Itoa(c.status)}, c.args...)...)
	cmd.Env = append(os.Environ(), c.env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil && stderr.Len() > 0 && !c.chatty {
		err = errors.New("it wrote to stderr")
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w\n%s", strings.Join(c.args, " "), err, stderr.String())
	}
	_, err = fmt.Sscan(string(out), (*int64)(&wall), (*int64)(&processor))
	return wall, processor, err
}

// output runs a command to its end and returns what it printed.
func output(name string, args ...string) (string, error) {
	var stderr strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return string(out), err
}

// minted returns how many tokens the sandbox has minted so far.
func minted() (int, error) {
	out, err := output("edge-sandbox", "stats", "-o", "json")
	if err != nil {
		return 0, err
	}
	var stats struct {
		Mints map[string]struct{ Token, Kubeconfig int }
	}
	if err := json.Unmarshal([]byte(out), &stats); err != nil {
		return 0, err
	}
	n := 0
	for _, m := range stats.Mints {
		n += m.Token + m.Kubeconfig
	}
	return n, nil
}
