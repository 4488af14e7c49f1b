package scripttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func servingCommands() map[string]command {
	return map[string]command{
		"fault": {serving, "PRESET [PATH [TIMES]] [method=METHOD] [after=N] [retry-after=SECONDS]",
			"makes requests fail, " +
				"those that came first before others; a path that ends in / is a prefix", 1, 6, addFault},
		"clear":   {serving, "", "removes all faults", 0, 0, clearFaults},
		"offline": {serving, "", "has the sandbox's port refuse connections from now on", 0, 0, offline},
		"instance": {serving, "ID STATUS [minted|refused|N]",
			"sets the status of an instance: any text, gone, or a number, after " +
				"so many requests it becomes active; credentials are minted or refused whatever the status, or " +
				"refused N " +
				"times and " +
				"then minted", 2, 3, instance},
		"instances": {serving, "N", "adds active instances, site00-3714d85, site01-3714d85 and so on", 1, 1, instances},
		"member": {serving, "[PROJECT…]",
			"has the service account of admin.json be a member of these projects alone, without one of all", 0, many,
			memberOf},
		"service": {serving, "STATE [PROJECT]",
			"sets Edge Cloud's state in a project, never for one in which nobody has " +
				"enabled it", 1, 2, service},
		"refuse": {serving, "access-tokens|refresh-tokens|sessions|instance-tokens [USER|ID]",
			"has refused, from now on, what was given to a " +
				"person or a service account, by default to " + sandbox.AdminUser, 1, 2, refuse},
		"settings": {serving, "JSON", "changes the sandbox's settings", 1, 1, settings},
		"clock":    {serving, "DURATION", "moves the clock of the sandbox, or of StackState", 1, 1, clock},
		"apiserver": {
			serving, "ID URL", "sets the address that the API names as the API server of an instance", 2, 2, apiServer,
		},
		"frontend": {serving, "ID URL", "sets the address that the API names as the web UI of an instance", 2, 2,
			frontend},
		"embed": {serving, "FILE ID LIFE",
			"puts a token of the instance in place of the word TOKEN in the file, and into $TOKEN",
			3, 3, embed},
	}
}

// addFault takes the path and the number of times by their place, and the rest by name.
func addFault(_ *testscript.TestScript, w *World, args []string) (err error) {
	f := sandbox.Fault{Preset: args[0], Done: w.Requests.carriedOut}
	rest := args[1:]
	for _, field := range []func(string) error{
		func(path string) error { f.Path = path; return nil },
		func(times string) (err error) { f.Times, err = strconv.Atoi(times); return err },
	} {
		if len(rest) > 0 && (strings.HasPrefix(rest[0], "/") || !strings.Contains(rest[0], "=")) {
			if err := field(rest[0]); err != nil {
				return err
			}
			rest = rest[1:]
		}
	}
	for _, arg := range rest {
		switch name, value, _ := strings.Cut(arg, "="); name {
		case "method":
			f.Method = value
		case "after":
			f.After, err = strconv.Atoi(value)
		case "times":
			f.Times, err = strconv.Atoi(value)
		case "retry-after":
			f.Header = map[string]string{"Retry-After": value}
		default:
			err = fmt.Errorf("a fault has no %q", name)
		}
		if err != nil {
			return err
		}
	}
	w.Requests.expectCarriedOut()
	if w.Sandbox == nil {
		return w.StackState.Faults.Inject(f)
	}
	return w.Sandbox.Inject(f)
}

func clearFaults(_ *testscript.TestScript, w *World, _ []string) error {
	if w.Sandbox == nil {
		w.StackState.Faults.Clear()
		return nil
	}
	w.Sandbox.ClearFaults()
	return nil
}

func offline(_ *testscript.TestScript, w *World, _ []string) error {
	if w.Server == nil {
		return errors.New("the sandbox is shared")
	}
	w.Server.CloseClientConnections()
	return w.Server.Listener.Close()
}

func instance(_ *testscript.TestScript, w *World, args []string) error {
	var credentials sandbox.Credentials
	refusals := 0
	if len(args) == 3 {
		if n, err := strconv.Atoi(args[2]); err == nil {
			credentials, refusals = sandbox.CredentialsMinted, n
		} else if credentials = sandbox.Credentials(args[2]); credentials != sandbox.CredentialsMinted &&
			credentials != sandbox.CredentialsRefused {
			return fmt.Errorf("credentials %q: want minted, refused, or a number", credentials)
		}
	}
	now := w.Sandbox.Now()
	if !w.Sandbox.SetInstance(args[0], func(i *sandbox.Instance) {
		i.Credentials, i.RefuseCredentials = credentials, refusals
		if polls, err := strconv.Atoi(args[1]); err == nil {
			i.Status, i.ReadyAfterPolls = sandbox.StatusReconciling, polls
		} else if args[1] == "gone" {
			i.Status, i.GoneAt = sandbox.StatusDeleting, now
		} else {
			i.Status = args[1]
		}
	}) {
		return fmt.Errorf("no instance %s", args[0])
	}
	return nil
}

func service(_ *testscript.TestScript, w *World, args []string) error {
	project, state := sandbox.ProjectID, args[0]
	if len(args) == 2 {
		project = args[1]
	}
	if state == "never" {
		state = sandbox.ServiceUnknown
	}
	w.Sandbox.SetService(project, sandbox.Region, sandbox.EdgeService, state)
	return nil
}

func memberOf(_ *testscript.TestScript, w *World, projects []string) error {
	w.Sandbox.SetProjects(sandbox.AdminServiceAccount, projects...)
	return nil
}

func refuse(_ *testscript.TestScript, w *World, args []string) error {
	user := sandbox.AdminUser
	if len(args) == 2 {
		user = args[1]
	}
	switch args[0] {
	case "access-tokens":
		w.Sandbox.RefuseAccessTokens(user)
	case "refresh-tokens":
		w.Sandbox.RevokeRefreshTokens(user)
	case "instance-tokens":
		id := sandbox.InstanceID
		if len(args) == 2 {
			id = args[1]
		}
		w.Sandbox.EndInstanceTokens(id)
	case "sessions":
		w.Sandbox.RevokeSessions(user)
	default:
		return fmt.Errorf("refuse what? %s", args[0])
	}
	return nil
}

func settings(_ *testscript.TestScript, w *World, args []string) (err error) {
	w.Sandbox.Configure(func(c *sandbox.Settings) { err = json.Unmarshal([]byte(args[0]), c) })
	return err
}

func clock(_ *testscript.TestScript, w *World, args []string) error {
	d, err := time.ParseDuration(args[0])
	if w.Sandbox == nil {
		w.StackState.advance(d)
		return err
	}
	w.Sandbox.Advance(d)
	return err
}

func instances(_ *testscript.TestScript, w *World, args []string) error {
	n, err := strconv.Atoi(args[0])
	for i := range n {
		w.Sandbox.AddInstance(sandbox.Instance{ID: instanceID(i), DisplayName: instanceName(i)})
	}
	return err
}

func instanceName(n int) string { return fmt.Sprintf("site%02d", n) }

func instanceID(n int) string { return instanceName(n) + "-3714d85" }

func embed(ts *testscript.TestScript, w *World, args []string) error {
	life, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	token, err := w.Sandbox.IssueInstanceToken(args[1], life)
	if err != nil {
		return err
	}
	ts.Setenv("TOKEN", token)
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	return os.WriteFile(path, bytes.ReplaceAll(data, []byte("TOKEN"), []byte(token)), 0o600)
}

func apiServer(_ *testscript.TestScript, w *World, args []string) error {
	if !w.Sandbox.SetInstance(args[0], func(i *sandbox.Instance) { i.Server = args[1] }) {
		return fmt.Errorf("no instance %s", args[0])
	}
	return nil
}

func frontend(_ *testscript.TestScript, w *World, args []string) error {
	if !w.Sandbox.SetInstance(args[0], func(i *sandbox.Instance) { i.FrontendURL = args[1] }) {
		return fmt.Errorf("no instance %s", args[0])
	}
	return nil
}
