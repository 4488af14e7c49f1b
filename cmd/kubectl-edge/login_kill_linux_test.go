package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
)

// A kubectl edge that is killed while it logs in, refreshes or logs out leaves the old session or the new one, and that
// one works. It is killed at each of its requests to the identity provider, before the provider has heard of it, before
// the answer, and after it; at each change of a file; and at random.

// ambush kills a process when it comes to a certain moment.
type ambush struct {
	mu     sync.Mutex
	moment string // "" is none
	seen   bool
	kill   func()

	answers sync.RWMutex // held by each answer of the identity provider until its last moment is over
}

// lay waits for the moment of whatever runs from now on.
func (a *ambush) lay(moment string, kill func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.moment, a.kill, a.seen = moment, kill, false
}

// lift ends the wait, and reports whether the moment has come, even if it is too late to kill. The process has ended:
// what it made the identity provider do is waited for.
func (a *ambush) lift() bool {
	a.answers.Lock()
	defer a.answers.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.moment = ""
	return a.seen
}

// comes reports whether this was the moment, at which the process is dead now.
func (a *ambush) comes(moment string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if moment != a.moment || a.seen {
		return false
	}
	a.seen = true
	a.kill()
	return true
}

// around is the identity provider with an ambush at each of its answers. What the dead process did not hear is lost.
func (a *ambush) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.answers.RLock()
		defer a.answers.RUnlock()
		if a.comes("before " + r.URL.Path) {
			panic(http.ErrAbortHandler)
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if a.comes("during " + r.URL.Path) {
			panic(http.ErrAbortHandler)
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", fmt.Sprint(answer.Body.Len()))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
		_ = http.NewResponseController(w).Flush()
		a.comes("after " + r.URL.Path)
	})
}

// watchFiles makes the n-th change of a file below the person's state, counted from 1, a moment called "file n". To be
// called when the process has ended, stop waits until all its changes are counted, and returns how many those were.
func (a *ambush) watchFiles(p *person) (stop func() (changes int)) {
	p.t.Helper()
	watch, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		p.t.Fatal(err)
	}
	add := func(folder string, events uint32) int {
		number, err := unix.InotifyAddWatch(watch, folder, events)
		if err != nil {
			p.t.Fatal(err)
		}
		return number
	}
	for _, folder := range []string{"sessions", "secrets"} {
		path := filepath.Join(p.dirs().State, folder)
		if err := os.MkdirAll(path, 0o700); err != nil {
			p.t.Fatal(err)
		}
		add(path, unix.IN_CREATE|unix.IN_MODIFY|unix.IN_ATTRIB|unix.IN_CLOSE_WRITE|unix.IN_MOVED_TO|unix.IN_DELETE)
	}
	end := p.t.TempDir() // a change in here comes after all the others
	last := add(end, unix.IN_CREATE)
	events := os.NewFile(uintptr(watch), "inotify")
	counted := make(chan int, 1)
	go func() {
		n, before := 0, []byte(nil)
		for data := make([]byte, 64<<10); ; {
			size, err := events.Read(data)
			if err != nil {
				p.t.Error(err)
				counted <- n
				return
			}
			for at := 0; at < size; {
				event := (*unix.InotifyEvent)(unsafe.Pointer(&data[at]))
				if int(event.Wd) == last {
					counted <- n
					return
				}
				raw := data[at : at+unix.SizeofInotifyEvent+int(event.Len)]
				at += len(raw)
				if bytes.Equal(raw, before) {
					continue // the kernel merges equal ones that nobody has read yet
				}
				before = bytes.Clone(raw)
				n++
				a.comes(fmt.Sprint("file ", n))
			}
		}
	}()
	return func() int {
		p.t.Helper()
		if err := os.WriteFile(filepath.Join(end, "end"), nil, 0o600); err != nil {
			p.t.Fatal(err)
		}
		defer events.Close()
		return <-counted
	}
}

// victim is a person whose programs are killed.
type victim struct {
	*person
	ambush *ambush
	users  map[string]string // passwords by e-mail address

	changes int // of files, by the last process that was killed at one, or not
}

func newVictim(t *testing.T) *victim {
	s, srv := sandboxtest.Start(t, func(o *sandbox.Options) {
		// Too short for any use: each command refreshes.
		o.Settings.AccessTokenLifetime = sandbox.Duration(30 * time.Second)
	})
	v := &victim{
		person: &person{t: t, sandbox: s, client: sandboxtest.Client(t, s)}, ambush: &ambush{},
		users: map[string]string{sandbox.AdminUser: sandbox.AdminPassword, sandbox.ReaderUser: sandbox.ReaderPassword},
	}
	srv.Config.Handler = v.ambush.around(srv.Config.Handler)
	v.setUp(srv)
	return v
}

// other is another user than this one.
func (v *victim) other(user string) string {
	if user == sandbox.AdminUser {
		return sandbox.ReaderUser
	}
	return sandbox.AdminUser
}

// signIn finishes a login as this user, in a browser that does not mind if nobody listens any more.
func (v *victim) signIn(r *process, user string) {
	address, ok := <-r.addresses
	if !ok {
		return
	}
	back, err := signin.SignIn(v.t.Context(), v.client, address, user, v.users[user], true)
	if err != nil {
		return // the address is good for as long as the login lasts
	}
	if response, err := http.Get(back.String()); err == nil {
		_ = response.Body.Close()
	}
}

// logsIn is a login that nobody kills.
func (v *victim) logsIn(user string) {
	v.t.Helper()
	r := v.start("login", "--browser")
	v.signIn(r, user)
	if code, _, stderr := r.wait(); code != 0 {
		v.t.Fatalf("log in: exit code %d:\n%s", code, stderr)
	}
}

// who returns who is logged in, and which of their logins it is; "" is nobody.
func (v *victim) who() (principal, since string) {
	v.t.Helper()
	code, stdout, stderr := v.run("status", "-o", "json")
	var list struct {
		Items []struct {
			LoggedIn         bool
			Principal, Since string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &list); code != 0 || err != nil || len(list.Items) != 1 {
		v.t.Fatalf("status: exit code %d, %v:\n%s%s", code, err, stdout, stderr)
	}
	if !list.Items[0].LoggedIn {
		return "", ""
	}
	return list.Items[0].Principal, list.Items[0].Since
}

// works checks that the person who is logged in can go on.
func (v *victim) works(moment string) {
	v.t.Helper()
	if code, _, stderr := v.run("project", "list"); code != 0 {
		v.t.Errorf("killed %s: the session that is left does not work: exit code %d\n%s", moment, code, stderr)
	}
}

// killed runs a command, kills it at the moment, and reports whether the moment came. On a slow machine the command may
// have ended by then.
func (v *victim) killed(moment, user string, command ...string) bool {
	v.t.Helper()
	count := func() int { return 0 }
	if strings.HasPrefix(moment, "file ") {
		count = v.ambush.watchFiles(v.person)
	}
	started, killed := make(chan *process, 1), make(chan struct{})
	v.ambush.lay(moment, func() {
		r := <-started
		_ = r.cmd.Process.Kill()
		close(killed)
	})
	r := v.start(command...)
	started <- r
	if user != "" {
		go v.signIn(r, user)
	}
	if delay, ok := strings.CutPrefix(moment, "random "); ok {
		d, err := time.ParseDuration(delay)
		if err != nil {
			v.t.Fatal(err)
		}
		time.AfterFunc(d, func() { v.ambush.comes(moment) })
	}
	code, _, stderr := r.wait()
	v.changes = count()
	if v.ambush.lift() {
		<-killed
		return true
	}
	if code != 0 {
		v.t.Errorf("without being killed %s, %v ends with exit code %d:\n%s", moment, command, code, stderr)
	}
	return false
}

// at runs a step that kills a command at each moment there is: at its requests to these paths, at each change of a file
// until there is none left, and some random ones.
func (v *victim) at(paths []string, step func(moment string) (came bool)) {
	v.t.Helper()
	step("file 0") // which never comes
	all := v.changes
	if all < 3 {
		v.t.Errorf("%d changes of files were seen, want more", all)
	}
	for _, path := range paths {
		for _, when := range []string{"before", "during", "after"} {
			if !step(when + " " + path) {
				v.t.Errorf("it made no request to %s", path)
			}
		}
	}
	changes := 1
	for step(fmt.Sprint("file ", changes)) {
		changes++
	}
	if changes <= all {
		v.t.Errorf("it was killed at %d changes of files, and makes %d", changes-1, all)
	}
	for range 20 {
		step("random " + (30*time.Millisecond + rand.N(150*time.Millisecond)).String())
	}
	v.t.Logf("killed at %d requests, %d changes of files, and at random", 3*len(paths), changes-1)
	if failed := v.sandbox.Stats().Failed; len(failed) != 0 {
		v.t.Errorf("the identity provider refused: %v; a refresh token or code was used twice", failed)
	}
}

func TestLoginIsKilled(t *testing.T) {
	v := newVictim(t)
	v.logsIn(sandbox.AdminUser)
	now := sandbox.AdminUser
	outcomes := map[bool]int{}
	v.at([]string{"/.well-known/openid-configuration", "/oauth/v2/token", "/oauth/v2/keys"}, func(moment string) bool {
		came := v.killed(moment, v.other(now), "login", "--browser")
		left, _ := v.who()
		if left != now && left != v.other(now) {
			t.Errorf("killed %s: %q is logged in, want %q or %q", moment, left, now, v.other(now))
		}
		outcomes[left == now]++
		v.works(moment)
		now = left
		return came
	})
	if outcomes[true] < 3 || outcomes[false] < 3 {
		t.Errorf("the old session was left %d times and the new one %d times: some moments were not met",
			outcomes[true], outcomes[false])
	}
	v.leavesNothing()
}

// The first login of all leaves nobody, or somebody. What is left of it does not keep the next one from working.
func TestFirstLoginIsKilled(t *testing.T) {
	v := newVictim(t)
	v.at(nil, func(moment string) bool {
		came := v.killed(moment, sandbox.AdminUser, "login", "--browser")
		if left, _ := v.who(); left == "" {
			v.logsIn(sandbox.AdminUser)
		}
		v.works(moment)
		if err := os.RemoveAll(v.dirs().State); err != nil {
			t.Fatal(err)
		}
		return came
	})
}

// A refresh token that was spent by a process that died is good for once more, if the provider grants that.
func TestRefreshIsKilled(t *testing.T) {
	v := newVictim(t)
	v.sandbox.Configure(func(s *sandbox.Settings) { s.RefreshGrace = sandbox.Duration(time.Hour) })
	v.logsIn(sandbox.AdminUser)
	_, since := v.who()
	v.at([]string{"/oauth/v2/token"}, func(moment string) bool {
		came := v.killed(moment, "", "project", "list")
		if left, leftSince := v.who(); left != sandbox.AdminUser || leftSince != since {
			t.Errorf("killed %s: %q is logged in since %s, want the same session", moment, left, leftSince)
		}
		v.works(moment)
		return came
	})
	v.leavesNothing()
}

// If the provider grants nothing, a process that dies between the provider's answer and its own note of it takes the
// session with it: that is said in a line, and the next login works.
func TestRefreshIsKilledWithoutGrace(t *testing.T) {
	v := newVictim(t)
	v.logsIn(sandbox.AdminUser)
	if !v.killed("before /oauth/v2/token", "", "project", "list") {
		t.Error("there was no refresh")
	}
	v.works("before the provider has heard of it")
	if !v.killed("during /oauth/v2/token", "", "project", "list") {
		t.Error("there was no refresh")
	}
	code, stdout, stderr := v.run("project", "list")
	want := regexp.MustCompile(`^error: profile "default": the session has ended: ` +
		`the last renewal could not be saved, or was cut off, ` +
		`at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\nhint: kubectl edge login\n$`)
	if code != 1 || stdout != "" || !want.MatchString(stderr) {
		t.Errorf("exit code %d, stdout %q, want %q in stderr:\n%s", code, stdout, want, stderr)
	}
	if left, _ := v.who(); left != "" {
		t.Errorf("%q is logged in, want nobody", left)
	}
	v.logsIn(sandbox.AdminUser)
	v.works("")
}

func TestLogoutIsKilled(t *testing.T) {
	v := newVictim(t)
	v.at([]string{"/oauth/v2/revoke"}, func(moment string) bool {
		v.logsIn(sandbox.AdminUser)
		came := v.killed(moment, "", "logout")
		if left, _ := v.who(); left != "" {
			v.works(moment)
		}
		return came
	})
	v.leavesNothing()
}

// leavesNothing logs in, after which nothing unfinished may be left of all the processes that died, and out, after
// which no secret may be.
func (v *victim) leavesNothing() {
	v.t.Helper()
	v.logsIn(sandbox.AdminUser)
	v.wantNone("secrets/.tmp-*", "sessions/.tmp-*")
	if code, _, stderr := v.run("logout"); code != 0 {
		v.t.Errorf("log out: exit code %d:\n%s", code, stderr)
	}
	v.wantNone("secrets/.tmp-*", "sessions/.tmp-*", "secrets/*.sealed", "sessions/*.json",
		"sessions/*.renewing", "sessions/*.ended")
}

func (v *victim) wantNone(patterns ...string) {
	v.t.Helper()
	for _, pattern := range patterns {
		left, err := filepath.Glob(filepath.Join(v.dirs().State, pattern))
		if err != nil || len(left) > 0 {
			v.t.Errorf("left behind: %v, %v", left, err)
		}
	}
}
