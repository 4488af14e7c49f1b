package expiration

import (
	"strings"
	"testing"
	"time"
)

const day = 24 * time.Hour

func TestParse(t *testing.T) {
	now := time.Date(2026, 2, 10, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		in   string
		want time.Duration
		err  string
	}{
		{in: "600s", want: 600 * time.Second},
		{in: "15m", want: 15 * time.Minute},
		{in: "2h", want: 2 * time.Hour},
		{in: "1d", want: day},
		{in: "30d", want: 30 * day},
		{in: "1M", want: 28 * day}, // February to March
		{in: "6M", want: 181 * day},
		{in: "12M", want: 365 * day},
		{in: "1h30m", want: 90 * time.Minute},
		{in: "1.5h", want: 90 * time.Minute},
		{in: "106751d", want: 106751 * day},
		{in: "", err: "is empty"},
		{in: "600", err: "has no unit"},
		{in: "0s", err: "is not positive"},
		{in: "0d", err: "is not positive"},
		{in: "0M", err: "is not positive"},
		{in: "-15m", err: "is not positive"},
		{in: "-1d", err: "is malformed"},
		{in: "d", err: "is malformed"},
		{in: "1d2h", err: "is malformed"},
		{in: "1 d", err: "is malformed"},
		{in: "1D", err: "is malformed"},
		{in: "1y", err: "is malformed"},
		{in: "forever", err: "is malformed"},
		{in: "106752d", err: "is too long"},
		{in: "99999999999999999999d", err: "is too long"},
		{in: "99999999M", err: "is too long"},
		{in: "9999999999999999h", err: "is malformed"},
		{in: strings.Repeat("9", 1000) + "h", err: "is malformed"},
	} {
		t.Run(c.in, func(t *testing.T) {
			got, err := Parse(c.in, now)
			if c.err == "" {
				if err != nil || got != c.want {
					t.Errorf("got %v, %v; want %v", got, err, c.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.err) ||
				!strings.Contains(err.Error(), "for example 15m") || len(err.Error()) > 200 {
				t.Errorf("got %v, %v; want an error that says %q", got, err, c.err)
			}
		})
	}
}

// A month is the same whatever the clock of the person's place does on the way.
func TestParseMonthAcrossSummerTime(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	got, err := Parse("1M", time.Date(2026, 3, 15, 0, 30, 0, 0, berlin)) // 14 March in UTC
	if err != nil || got != 31*day {
		t.Errorf("got %v, %v; want 31 days", got, err)
	}
}

func TestCheck(t *testing.T) {
	for _, d := range []time.Duration{Min, 15 * time.Minute, Max} {
		if err := Check(d); err != nil {
			t.Errorf("%v: %v", d, err)
		}
	}
	for _, d := range []time.Duration{0, -time.Hour, Min - time.Second, Max + time.Second} {
		err := Check(d)
		if err == nil || !strings.Contains(err.Error(), "600s (10m) to 15552000s (180d)") {
			t.Errorf("%v: %v; want an error that names both bounds", d, err)
		}
	}
	if err := Check(Min + time.Millisecond); err == nil || !strings.Contains(err.Error(), "whole number of seconds") {
		t.Errorf("with milliseconds: %v", err)
	}
}

func TestString(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "15m": 15 * time.Minute, "1h": time.Hour, "1h30m": 90 * time.Minute, "1d": day, "180d": Max,
		"25h":   25 * time.Hour,
		"10m1s": 601 * time.Second, "1h0m1s": time.Hour + time.Second, "10s": 10 * time.Second,
	} {
		got := String(d)
		if got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
		if back, err := Parse(got, time.Time{}); d != 0 && (err != nil || back != d) {
			t.Errorf("%s reads back as %v, %v", got, back, err)
		}
	}
}
