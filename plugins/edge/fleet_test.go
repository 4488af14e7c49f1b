package edge

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// mintsPerHour plays a client that never rests: it asks whenever it was to, and anyone who finds the token ageing has
// the next one a second later.
func mintsPerHour(life time.Duration) float64 {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now, mints, end := start, 0, start.Add(500*life)
	var e tokencache.Entry
	for now.Before(end) {
		if mints == 0 || e.Ageing(now) {
			issued := now.Add(time.Second + time.Duration(mints*7919%1000)*time.Microsecond)
			e, mints = tokencache.Entry{Token: "t", Issued: issued, Expires: issued.Add(life)}, mints+1
		}
		reported := e.KeepUntil(now).Truncate(time.Second) // timestamps have whole seconds
		now = now.Add(max(reported.Sub(now), time.Second))
	}
	return float64(mints) / end.Sub(start).Hours()
}

// The page's arithmetic is that of the cache.
func TestMintsPerHour(t *testing.T) {
	page, err := os.ReadFile("../../docs/argocd.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (\d+[mh])( \(default\))? \| .*\|$`).FindAllStringSubmatch(string(page), -1)
	if len(rows) != 3 {
		t.Fatalf("%d rows in the table of mints", len(rows))
	}
	for _, row := range rows {
		var life expiration.Flag
		if err := life.Set(row[1]); err != nil {
			t.Fatal(err)
		}
		one := mintsPerHour(time.Duration(life))
		want := "| " + row[1] + row[2]
		for _, instances := range []float64{10, 1000, 10000} {
			want += " | " + twoDigits(one*instances)
		}
		if want += " |"; row[0] != want {
			t.Errorf("the page says\n%s\nwant\n%s", row[0], want)
		}
	}
}

// twoDigits writes a number with its two first digits.
func twoDigits(f float64) string {
	var rounded float64
	if _, err := fmt.Sscan(fmt.Sprintf("%.1e", f), &rounded); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", rounded), ".0")
}
