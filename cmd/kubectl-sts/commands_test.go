package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
)

type command = func(ts *testscript.TestScript, neg bool, args []string)

func commands() map[string]command {
	return map[string]command{
		"fault": setFault, "advance": advance, "requests": requests, "tokens": tokens, "hung": hung,
		"capture": capture, "parallel": parallel, "nosecrets": noSecrets, "exitcode": exitCode, "seed": seed, "base64": toBase64, "envsubst": envSubst, "mode": mode,
		"printable": plugintest.Printable, "form": form,
	}
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func parseFault(ts *testscript.TestScript, args []string) fault.Fault {
	f := fault.Fault{Preset: args[0]}
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		var err error
		switch name {
		case "method":
			f.Method = value
		case "path":
			f.Path = value
		case "times":
			f.Times, err = strconv.Atoi(value)
		default:
			ts.Fatalf("unknown field %q of a fault", name)
		}
		ts.Check(err)
	}
	return f
}

// setFault sets one fault, as PRESET [method=M] [path=PREFIX] [times=N], or with no arguments none.
func setFault(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	if len(args) == 0 {
		w.faults.Clear()
		return
	}
	f := parseFault(ts, args)
	if f.Preset == "unanswered" {
		done := make(chan struct{})
		w.hung, f.Done = done, sync.OnceFunc(func() { close(done) })
	}
	w.faults.Clear()
	ts.Check(w.faults.Inject(f))
}

// hung waits until a request of the fault "hang" was carried out.
func hung(ts *testscript.TestScript, _ bool, _ []string) {
	select {
	case <-worldOf(ts).hung:
	case <-time.After(30 * time.Second):
		ts.Fatalf("no request came")
	}
}

// advance moves the server's clock.
func advance(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	w := worldOf(ts)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offset += d
}

// requests METHOD PATH N checks how many requests there were since it was last called for all.
func requests(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, r := range w.requests {
		if r == args[0]+" "+args[1] {
			n++
		}
	}
	if strconv.Itoa(n) != args[2] {
		ts.Fatalf("%s %s: %d requests, want %s; all: %q", args[0], args[1], n, args[2], w.requests)
	}
}

// asAdmin asks the server itself, past faults and counting.
func asAdmin(ts *testscript.TestScript, method, path, body string) []byte {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("X-API-Token", adminToken)
	rec := httptest.NewRecorder()
	worldOf(ts).handler.ServeHTTP(rec, req)
	if rec.Code >= 300 {
		ts.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	return rec.Body.Bytes()
}

// tokens N checks how many service tokens there are on the server.
func tokens(ts *testscript.TestScript, _ bool, args []string) {
	body := asAdmin(ts, "GET", "/api/security/tokens", "")
	var list []json.RawMessage
	ts.Check(json.Unmarshal(body, &list))
	if strconv.Itoa(len(list)) != args[0] {
		ts.Fatalf("%d tokens, want %s: %s", len(list), args[0], body)
	}
}

// seed NAME ENDS-AFTER makes a service token of an administrator that ends so much after the server's now, and stores its
// text in TOKEN.
func seed(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[1])
	ts.Check(err)
	body := asAdmin(ts, "POST", "/api/security/tokens", fmt.Sprintf(`{"name":%q,"roles":["stackstate-admin"],"expiryDate":%d}`,
		args[0], worldOf(ts).now().Add(d).UnixMilli()))
	var created struct{ Token string }
	ts.Check(json.Unmarshal(body, &created))
	ts.Setenv("TOKEN", created.Token)
}

// capture NAME REGEXP [FILE] stores what matches in FILE, by default stdout.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	file := "stdout"
	if len(args) == 3 {
		file = args[2]
	}
	match := regexp.MustCompile(args[1]).FindString(ts.ReadFile(file))
	if match == "" {
		ts.Fatalf("%s does not match %s", file, args[1])
	}
	ts.Setenv(args[0], match)
}

// parallel N PROGRAM ARG... runs so many at once and wants all of them to print the same on stdout, nothing on stderr, and
// to succeed.
func parallel(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	program, err := exec.LookPath(args[1])
	if err != nil {
		program = filepath.Join(strings.SplitN(ts.Getenv("PATH"), string(os.PathListSeparator), 2)[0], args[1])
	}
	results := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		cmd := exec.Command(program, args[2:]...)
		cmd.Dir = worldOf(ts).dir
		for _, name := range []string{"HOME", "PATH", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "TZ"} {
			cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
		}
		wg.Go(func() {
			out, err := cmd.CombinedOutput()
			results[i] = fmt.Sprintf("%s%v", out, err)
		})
	}
	wg.Wait()
	for _, r := range results {
		if r != results[0] || !strings.HasSuffix(r, "<nil>") {
			ts.Fatalf("results differ or failed:\n%s\n%s", results[0], r)
		}
	}
}

// nosecrets [FOLDER...] fails if a token is in a file below these folders, by default all but the scripts' own files and the
// cache of minted tokens.
func noSecrets(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		args = []string{"home", "config", "state"}
	}
	for _, folder := range args {
		err := filepath.WalkDir(ts.MkAbs(folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			for _, secret := range []string{"svctok-", "apitok-"} {
				if bytes.Contains(data, []byte(secret)) {
					ts.Fatalf("%s holds a token", path)
				}
			}
			return err
		})
		ts.Check(err)
	}
}

// exitcode N PROGRAM ARG... wants the program to end so.
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		code = -1
		if exit, ok := err.(*exec.ExitError); ok {
			code = exit.ExitCode()
		}
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// base64 NAME FILE stores the content of FILE, encoded.
func toBase64(ts *testscript.TestScript, _ bool, args []string) {
	encoded, err := json.Marshal([]byte(ts.ReadFile(args[1])))
	ts.Check(err)
	ts.Setenv(args[0], strings.Trim(string(encoded), `"`))
}

// envsubst FROM TO copies a file with its variables replaced.
func envSubst(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o600))
}

// mode PERM FILE checks the permissions of a file.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("mode %s, want %s", got, args[0])
	}
}
