package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWrite(t *testing.T) {
	fuzz := strings.Join([]string{
		"fuzz: elapsed: 3s, execs: 1200000 (41348/sec), new interesting: 51 (total: 147)",
		"fuzz: elapsed: 6s, execs: 2100000 (41348/sec), new interesting: 51 (total: 147)",
		"PASS", "ok  \texample.org/a\t6.079s",
		"fuzz: elapsed: 3s, execs: 3000000 (41348/sec), new interesting: 51 (total: 147)",
		"PASS", "ok  \texample.org/b\t6.079s",
	}, "\n")
	for name, c := range map[string]struct{ part, log, want, err string }{
		"inputs are added up over targets": {
			part: "fuzz", log: fuzz, want: "- 2 targets, 5 million inputs; none failed\n",
		},
		"kills": {
			part: "killed", log: "seed 1\nkilled 3 commands\nthey left 2 locks\nnothing was lost\n",
			want: "- killed 3 commands\n- they left 2 locks\n- nothing was lost\n",
		},
		"storms": {
			part: "storm", log: "12 times 40 helpers at once\n200 clients made 5 requests\n",
			want: "- 12 times 40 helpers at once\n- 200 clients made 5 requests\n",
		},
		"packages without tests do not count": {
			part: "race", log: "ok  \ta\t1.2s\n?   \tb\t[no test files]\nok  \tc\t(cached)\n",
			want: "- the tests of 2 packages passed",
		},
		"a log without figures": {part: "race", log: "?   \tb\t[no test files]\n", err: "no figures"},
		"no such part":          {part: "sleep", err: "no part"},
	} {
		t.Run(name, func(t *testing.T) {
			page := filepath.Join(t.TempDir(), "page.md")
			head := "# Page\n<!-- BEGIN: written by make soak PARTS=" + c.part + " -->\n"
			if err := os.WriteFile(page, []byte(head+"old\n<!-- END -->\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			err := write(page, c.part, 61*time.Second, strings.NewReader(c.log))
			got, readErr := os.ReadFile(page)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(string(got), "\nold\n") {
					t.Fatalf("got %v and %q, want %q and the old page", err, got, c.err)
				}
				return
			}
			if err != nil || !strings.Contains(string(got), "It took 1m1s.\n\n"+c.want) ||
				strings.Contains(string(got), "old") {
				t.Errorf("got %v and %q, want %q", err, got, c.want)
			}
		})
	}
}
