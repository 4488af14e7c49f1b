package stackstate

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
)

func newMinter(t *testing.T, s *server) Minter {
	t.Helper()
	return Minter{s.admin(t), Journal{filepath.Join(t.TempDir(), "minted")}, func() time.Time { return s.now }}
}

// left counts the tokens on the server and the records.
func left(t *testing.T, s *server, m Minter) (tokens, records int) {
	t.Helper()
	s.faults.Clear()
	list, err := m.Client.ServiceTokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	journal, err := m.Journal.List(s.url)
	if err != nil {
		t.Fatal(err)
	}
	return len(list), len(journal)
}

func TestMintAndDelete(t *testing.T) {
	s := newServer(t)
	m := newMinter(t, s)
	created, record, err := m.Mint(t.Context(), Record{URL: s.url, Roles: []string{"r"}}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if want := start.Add(time.Hour); !record.Expires.Equal(want) || created.Expiration != want.UnixMilli() {
		t.Errorf("ends %v and %v, want %v", record.Expires, created.Expiration, want)
	}
	if !record.Pending {
		t.Error("not pending before delivery")
	}
	if err := m.Deliver(record); err != nil {
		t.Fatal(err)
	}
	records, err := m.Journal.List(s.url)
	if err != nil || len(records) != 1 || records[0].Pending || records[0].Name != created.Name {
		t.Fatalf("records %+v, %v", records, err)
	}
	if others, err := m.Journal.List("https://elsewhere.example"); err != nil || len(others) != 0 {
		t.Errorf("records of another server: %v, %v", others, err)
	}
	data, err := os.ReadFile(m.Journal.path(record.Name))
	if err != nil || strings.Contains(string(data), created.Token) {
		t.Errorf("the record holds the token, or cannot be read: %v", err)
	}
	deleted, err := m.Delete(t.Context(), records)
	if err != nil || len(deleted) != 1 || deleted[0].Name != record.Name {
		t.Errorf("deleted %v, %v", deleted, err)
	}
	if tokens, records := left(t, s, m); tokens+records != 0 {
		t.Errorf("left %d tokens, %d records", tokens, records)
	}
}

// TestFailedMint: whatever happens to the request, no token stays that nobody knows of.
func TestFailedMint(t *testing.T) {
	for _, tc := range []struct {
		name            string
		faults          []fault.Fault
		tokens, records int
	}{
		{"refused", []fault.Fault{{Preset: "unauthorized", Method: "POST"}}, 0, 0},
		{"answer lost", []fault.Fault{{Preset: "lost-answer", Method: "POST"}}, 0, 0},
		// Nothing is on the server now, but it could still be at work: the record stays for a while.
		{"cut", []fault.Fault{{Preset: "cut-body", Method: "POST"}}, 0, 1},
		{"server error", []fault.Fault{{Preset: "internal-error", Method: "POST"}}, 0, 1},
		{"answer lost, then the server is gone", []fault.Fault{{Preset: "lost-answer", Method: "POST"},
			{Preset: "cut-body"}}, 1, 1},
		{"answer lost, token cannot be deleted", []fault.Fault{{Preset: "lost-answer", Method: "POST"},
			{Preset: "internal-error", Method: "DELETE"}}, 1, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServer(t)
			m := newMinter(t, s)
			sandboxtest.SetFaults(t, s.faults, tc.faults...)
			_, _, err := m.Mint(t.Context(), Record{URL: s.url, Roles: []string{"r"}}, time.Hour)
			if err == nil {
				t.Fatal("no error")
			}
			tokens, records := left(t, s, m)
			if tokens != tc.tokens || records != tc.records {
				t.Errorf("left %d tokens, %d records; want %d, %d (%v)", tokens, records, tc.tokens, tc.records, err)
			}
			if got := hint.Of(err) != ""; got != (tokens > 0) {
				t.Errorf("hint %q with %d tokens left", hint.Of(err), tokens)
			}
			journal, _ := m.Journal.List(s.url)
			s.now = s.now.Add(settleTime)
			if _, err := m.Delete(t.Context(), journal); err != nil {
				t.Fatal(err)
			}
			if tokens, records := left(t, s, m); tokens+records != 0 {
				t.Errorf("after cleaning up: %d tokens, %d records", tokens, records)
			}
		})
	}
}

// TestMintInterrupted: a Ctrl-C while the server works does not stop the cleaning up.
func TestMintInterrupted(t *testing.T) {
	s := newServer(t)
	m := newMinter(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	sandboxtest.SetFaults(t, s.faults, fault.Fault{Preset: "unanswered", Method: "POST", Done: cancel})
	if _, _, err := m.Mint(ctx, Record{URL: s.url, Roles: []string{"r"}}, time.Hour); err == nil {
		t.Fatal("no error")
	}
	if tokens, records := left(t, s, m); tokens+records != 0 {
		t.Errorf("left %d tokens, %d records", tokens, records)
	}
}

func TestMintNeedsItsRecord(t *testing.T) {
	s := newServer(t)
	m := newMinter(t, s)
	if err := os.WriteFile(m.Journal.Dir, nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	if _, _, err := m.Mint(t.Context(), Record{URL: s.url, Roles: []string{"r"}}, time.Hour); err == nil {
		t.Error("no error")
	}
	if len(s.sent) != 0 {
		t.Errorf("sent %v", s.sent)
	}
}

func TestJournalTidy(t *testing.T) {
	j := Journal{t.TempDir()}
	for _, name := range []string{".tmp-kubectl-sts-a.json-0", ".tmp-kubectl-sts-b.json-1", "kubectl-sts-a.json"} {
		if err := os.WriteFile(filepath.Join(j.Dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j.Tidy()
	left, err := os.ReadDir(j.Dir)
	if err != nil || len(left) != 1 || left[0].Name() != "kubectl-sts-a.json" {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestJournalPassesOverWhatIsNotItsOwn(t *testing.T) {
	j := Journal{t.TempDir()}
	for name, content := range map[string]string{
		"kubectl-sts-a.json": `{"name":"another","url":"u"}`,
		"kubectl-sts-b.json": `{`,
		"notes.json":         `{"name":"notes","url":"u"}`,
		"kubectl-sts-c.txt":  `{"name":"kubectl-sts-c","url":"u"}`,
	} {
		if err := os.WriteFile(filepath.Join(j.Dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if records, err := j.List(""); err != nil || len(records) != 0 {
		t.Errorf("records %v, %v", records, err)
	}
}
