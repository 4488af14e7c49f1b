package tokencache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

func seconds(failures int) time.Duration { return time.Duration(failures) * time.Second }

func TestFailureBacksOffAndIsForgotten(t *testing.T) {
	s, k := testStore(t), KeyOf("test", "a")
	if _, ok := s.Failure(k, now); ok {
		t.Error("a failure before there was one")
	}
	at := now
	for i := range 5 {
		s.Fail(k, at, seconds, Failure{Message: "no network", Hint: "try again"})
		f, ok := s.Failure(k, at)
		want := Failure{Time: at, RetryAt: at.Add(time.Duration(i+1) * time.Second), Count: i + 1,
			Message: "no network", Hint: "try again"}
		if !ok || !f.Time.Equal(want.Time) || !f.RetryAt.Equal(want.RetryAt) || f.Count != want.Count ||
			f.Message != want.Message || f.Hint != want.Hint {
			t.Errorf("got %+v, %v, want %+v", f, ok, want)
		}
		at = f.RetryAt
	}
	at = at.Add(forgetFailure)
	if f, ok := s.Failure(k, at); ok {
		t.Errorf("after a quiet while: still %+v", f)
	}
	s.Fail(k, at, seconds, Failure{Message: "no network"})
	if f, _ := s.Failure(k, at); f.Count != 1 {
		t.Errorf("the back-off did not start over: %+v", f)
	}
	s.Succeed(k)
	if _, ok := s.Failure(k, at); ok {
		t.Error("a failure after a success")
	}
	if _, ok := s.Failure(KeyOf("test", "b"), at); ok {
		t.Error("a failure of another key")
	}
}

func TestLease(t *testing.T) {
	s, k, e := testStore(t), KeyOf("test", "a"), testEntry()
	put(t, s, k, e)
	until := now.Add(12 * time.Minute)
	me, other := CurrentClient("me"), CurrentClient("other context")
	if me == other {
		t.Fatal("two contexts of one process look alike")
	}
	give := func(c Client, e Entry, at time.Time, want bool, what string) {
		t.Helper()
		if got := s.Lease(k, c, e, until, at); got != want {
			t.Errorf("%s: got refused %v, want %v", what, got, want)
		}
	}
	give(me, e, now, false, "first")
	give(other, e, now, false, "another context of the same process")
	give(me, e, now.Add(time.Minute), true, "again, well before its lease ends")
	give(me, e, now.Add(time.Minute), true, "and again: nothing was handed out")
	give(me, e, until.Add(-time.Second), false, "when its lease ends")

	next := e
	next.Token = "next-token"
	give(other, next, now.Add(time.Minute), false, "a new token, which it does not know")
	give(other, next, now.Add(2*time.Minute), true, "the new one again")
}

// Nothing is recorded in a folder that others can get at, nor through a link that somebody put in the record's place.
func TestLeaseOnlyInAFolderOfOurOwn(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // there are no modes there, and Wine has no links that can be read again
	}
	s, k, e := testStore(t), KeyOf("test", "a"), testEntry()
	put(t, s, k, e)
	client, until := CurrentClient("me"), now.Add(12*time.Minute)
	record := s.path(k, leaseSuffix)
	if err := os.Chmod(s.Dir(), 0o755); err != nil {
		t.Fatal(err)
	}
	s.Lease(k, client, e, until, now)
	s.Keep(k, client, e, until, now)
	if _, err := s.Answer(k, client, now); !errors.As(err, new(*securefile.Error)) {
		t.Errorf("Answer: %v", err)
	}
	if _, err := os.Lstat(record); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a record in a folder that others can read: %v", err)
	}
	if err := os.Chmod(s.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	precious := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, record); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Answer(k, client, now); err != nil || a.Again || a.Entry.Token != e.Token {
		t.Errorf("got %+v, %v", a, err)
	}
	if data, err := os.ReadFile(precious); err != nil || string(data) != "precious" {
		t.Errorf("behind the link: %q, %v", data, err)
	}
}

func TestLeaseSurvivesARottenRecord(t *testing.T) {
	s, k, e := testStore(t), KeyOf("test", "a"), testEntry()
	put(t, s, k, e)
	c, until := CurrentClient(""), now.Add(time.Hour)
	s.Lease(k, c, e, until, now)
	path := s.path(k, leaseSuffix)
	record, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range record {
		if b == 0 {
			continue
		}
		rotten := append([]byte(nil), record...)
		rotten[i] ^= 0x10
		if err := os.WriteFile(path, rotten, 0o600); err != nil {
			t.Fatal(err)
		}
		if s.Lease(k, c, e, until, now) {
			t.Errorf("byte %d flipped: taken for a refusal", i)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() > leaseSlots*leaseSize {
		t.Errorf("the record grew to %v bytes, %v", info.Size(), err)
	}
	if s.Lease(k, c, e, until, now) != true {
		t.Error("the record was not mended")
	}
}

func TestClientText(t *testing.T) {
	c := CurrentClient("x")
	if got, err := ParseClient(c.String()); err != nil || got != c {
		t.Errorf("got %v, %v", got, err)
	}
	for _, s := range []string{"", "00", strings.Repeat("g", 32), strings.Repeat("0", 34)} {
		if _, err := ParseClient(s); err == nil {
			t.Errorf("%q: no error", s)
		}
	}
}

func TestKeepUntilIsInTheFutureAndBeforeTheEnd(t *testing.T) {
	e := testEntry()
	for at := now; e.Usable(at); at = at.Add(7 * time.Second) {
		until := e.KeepUntil(at)
		if !until.After(at) {
			t.Errorf("after %s: the lease ends %s before now", at.Sub(now), at.Sub(until))
		}
		if limit := e.Expires.Add(-e.Margin()); until.After(limit) {
			t.Errorf("after %s: the lease ends %s beyond the margin", at.Sub(now), until.Sub(limit))
		}
		if !e.Ageing(at) && until.After(e.ageingFrom()) {
			t.Errorf("after %s: the lease does not end when the token ages", at.Sub(now))
		}
	}
	spread := map[time.Time]bool{}
	for range 100 {
		spread[e.KeepUntil(now)] = true
	}
	if len(spread) < 50 {
		t.Errorf("100 clients have only %d different leases", len(spread))
	}
}

func TestStartRefreshOnce(t *testing.T) {
	s, k := testStore(t), KeyOf("test", "a")
	put(t, s, k, testEntry())
	if s.StartRefresh(k, now, Entry.Ageing) {
		t.Error("for a token in its prime, as the one that somebody else has just fetched is")
	}
	now := now.Add(13 * time.Minute)
	if !s.StartRefresh(k, now, Entry.Ageing) {
		t.Fatal("the first may not")
	}
	if s.StartRefresh(k, now, Entry.Ageing) {
		t.Error("the second may too")
	}
	s.EndRefresh(k)
	if !s.StartRefresh(k, now, Entry.Ageing) {
		t.Error("none may after the end of the first")
	}
	dead := time.Now().Add(-RefreshTimeout - time.Second)
	if err := os.Chtimes(s.path(k, refreshSuffix), dead, dead); err != nil {
		t.Fatal(err)
	}
	if !s.StartRefresh(k, now, Entry.Ageing) {
		t.Error("one that died blocks all others")
	}
	s.EndRefresh(k)
	s.Fail(k, now, seconds, Failure{Message: "no network"})
	if s.StartRefresh(k, now.Add(time.Second-1), Entry.Ageing) {
		t.Error("within the back-off after a failure")
	}
	if !s.StartRefresh(k, now.Add(3*time.Second), Entry.Ageing) {
		t.Error("not after the back-off")
	}
}

func TestSweep(t *testing.T) {
	s := testStore(t)
	dead, living := KeyOf("test", "dead"), KeyOf("test", "living")
	put(t, s, dead, Entry{Token: "x", Issued: now.Add(-2 * time.Hour), Expires: now.Add(-time.Hour)})
	s.Lease(dead, CurrentClient(""), testEntry(), now, now)
	s.Fail(dead, now.Add(-time.Hour), seconds, Failure{Message: "m"})
	put(t, s, living, testEntry())
	s.Lease(living, CurrentClient(""), testEntry(), now, now)
	leftOver := filepath.Join(s.Dir(), atomicfile.TempPrefix+"left")
	rotten := s.path(KeyOf("test", "rotten"), tokenSuffix)
	old := now.Add(-time.Hour)
	for _, path := range []string{leftOver, rotten, s.LockPath(living)} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, err := os.ReadDir(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if err := os.Chtimes(filepath.Join(s.Dir(), n.Name()), old, old); err != nil {
			t.Fatal(err)
		}
	}
	Stores{s}.Sweep(now)
	for path, want := range map[string]bool{
		s.path(dead, tokenSuffix): false, s.path(dead, leaseSuffix): false, s.path(dead, failureSuffix): false,
		leftOver: false, rotten: false,
		s.path(living, tokenSuffix): true, s.path(living, leaseSuffix): true, s.LockPath(living): true,
	} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: got there %v, want %v", filepath.Base(path), err == nil, want)
		}
	}
	put(t, s, dead, Entry{Token: "x", Issued: now.Add(-2 * time.Hour), Expires: now.Add(-time.Hour)})
	Stores{s}.Sweep(now.Add(sweepEvery / 2))
	if _, err := os.Lstat(s.path(dead, tokenSuffix)); err != nil {
		t.Error("swept again within the hour")
	}
}

// A link in the place of a mark or a record is not followed, let alone what it leads to cut off.
func TestLinksAreNotFollowed(t *testing.T) {
	s := testStore(t)
	k := KeyOf("test", "k")
	put(t, s, k, testEntry())
	precious := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(s.Dir(), "swept"), s.path(k, leaseSuffix), s.path(k, refreshSuffix)} {
		if err := os.Symlink(precious, path); err != nil {
			t.Fatal(err)
		}
	}
	s.sweep(time.Now().Add(2 * sweepEvery))
	s.Lease(k, CurrentClient(""), testEntry(), now, now)
	s.StartRefresh(k, now, func(Entry, time.Time) bool { return true })
	if data, err := os.ReadFile(precious); err != nil || string(data) != "precious" {
		t.Errorf("what the links lead to is %q, %v", data, err)
	}
}

func TestReplaceable(t *testing.T) {
	first := testEntry()
	replacement := first
	replacement.Replaced = first.Issued
	for _, tc := range []struct {
		what  string
		e     Entry
		after time.Duration
		want  bool
	}{
		{"minted just now", first, settle - 1, false},
		{"minted a while ago", first, settle, true},
		{"a replacement, too early", replacement, replaceEvery - 1, false},
		{"a replacement, later", replacement, replaceEvery, true},
	} {
		if got := tc.e.Replaceable(now.Add(tc.after)); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.what, got, tc.want)
		}
	}
}

// A client that loads its kubeconfig every 10 seconds is suspected of having been refused once a minute at the most,
// when it was found not to be.
func TestLoadsOfAKubeconfig(t *testing.T) {
	s, k, e := testStore(t), KeyOf("test", "a"), testEntry()
	put(t, s, k, e)
	loader := CurrentClient(`{"apiVersion": "client.authentication.k8s.io/v1"}`)
	asked := 0
	for at := now; at.Before(now.Add(10 * time.Minute)); at = at.Add(10 * time.Second) {
		until := e.KeepUntil(at)
		if s.Lease(k, loader, e, until, at) && e.Replaceable(at) {
			asked++
			s.Keep(k, loader, e, until, at)
		}
	}
	if asked < 5 || asked > 10 {
		t.Errorf("suspected %d times in 10 minutes, want about once a minute", asked)
	}
}

// Where a token is taken stays known as long as tokens follow each other, and is believed only from who has the token.
func TestServer(t *testing.T) {
	s, k, e := testStore(t), KeyOf("test", "a"), testEntry()
	want := Server{URL: "https://demo.example", CA: []byte("-----BEGIN CERTIFICATE-----\n")}
	put(t, s, k, e)
	if err := s.PutServer(k, e, want); err != nil {
		t.Fatal(err)
	}
	next := e
	next.Token = "next-token"
	put(t, s, k, next)
	if got, ok := s.Server(k, next); !ok || got.URL != want.URL || string(got.CA) != string(want.CA) {
		t.Errorf("with the next token: got %v, %v", got, ok)
	}
	if _, ok := s.Server(k, e); ok {
		t.Error("the token before counts as well")
	}
	// Somebody else's: another server, with what can be known of the record.
	forged := next
	forged.Token = "guess"
	if err := s.PutServer(k, forged, Server{URL: "https://evil.example", CA: want.CA}); err != nil {
		t.Fatal(err)
	}
	if got, ok := s.Server(k, next); ok {
		t.Errorf("somebody else's record is believed: %v", got)
	}
	other := KeyOf("test", "b")
	put(t, s, other, next)
	if err := s.PutServer(k, next, want); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.path(k, serverSuffix), s.path(other, serverSuffix)); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Server(other, next); ok {
		t.Error("another key's record is believed")
	}
}

// The same client hears the same once, and everybody else and everything else is said.
func TestSaid(t *testing.T) {
	s, me, other := testStore(t), CurrentClient("me"), CurrentClient("another")
	for _, step := range []struct {
		client Client
		text   string
		after  time.Duration
		want   bool
	}{
		{me, "not logged in", 0, false},
		{me, "not logged in", time.Second, true},
		{me, "not logged in", 4 * time.Minute, true},
		{me, "no network", 4 * time.Minute, false},
		{me, "not logged in", 4*time.Minute + time.Second, false},
		{other, "not logged in", 4*time.Minute + time.Second, false},
		{me, "not logged in", 10 * time.Minute, false},
		{me, "not logged in", 0, false}, // by a clock that was put back
	} {
		if got := s.Said(step.client, step.text, now.Add(step.after)); got != step.want {
			t.Errorf("%q after %s: got %v", step.text, step.after, got)
		}
	}
	for range 2 {
		if (Store{}).Said(me, "x", now) {
			t.Error("a store that keeps nothing remembers it")
		}
	}
}
