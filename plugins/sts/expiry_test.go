package sts

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func TestEndOfDay(t *testing.T) {
	for _, tc := range []struct{ date, zone, want string }{
		{"2020-05-22", "UTC", "2020-05-22T23:59:59.999Z"},
		{"2020-05-22", "Europe/Berlin", "2020-05-22T21:59:59.999Z"},
		{"2020-05-22", "America/Los_Angeles", "2020-05-23T06:59:59.999Z"},
		{"2020-12-31", "UTC", "2020-12-31T23:59:59.999Z"},
		{"2024-02-29", "UTC", "2024-02-29T23:59:59.999Z"},
		{"2026-03-29", "Europe/Berlin", "2026-03-29T21:59:59.999Z"},    // of 23 hours
		{"2026-10-25", "Europe/Berlin", "2026-10-25T22:59:59.999Z"},    // of 25 hours
		{"2011-12-29", "Pacific/Apia", "2011-12-30T09:59:59.999Z"},     // before a day that was left out
		{"2024-03-30", "Asia/Beirut", "2024-03-30T21:59:59.999Z"},      // before a day that begins at one
		{"2024-04-06", "America/Santiago", "2024-04-07T03:59:59.999Z"}, // its last hour comes twice
	} {
		zone, err := time.LoadLocation(tc.zone)
		if err != nil {
			t.Fatal(err)
		}
		got, err := endOfDay(tc.date, zone)
		if err != nil {
			t.Errorf("%s in %s: %v", tc.date, tc.zone, err)
			continue
		}
		if text := got.UTC().Format("2006-01-02T15:04:05.999Z07:00"); text != tc.want {
			t.Errorf("%s in %s ends at %s, want %s", tc.date, tc.zone, text, tc.want)
		}
		if day := got.In(zone).Format(time.DateOnly); day != tc.date {
			t.Errorf("%s in %s is shown as %s", tc.date, tc.zone, day)
		}
	}
	for _, date := range []string{"", "2020-5-22", "22.05.2020", "2023-02-29", "2020-05-22T00:00:00Z"} {
		if got, err := endOfDay(date, time.UTC); err == nil {
			t.Errorf("%q is %v", date, got)
		}
	}
}

func TestParseTTL(t *testing.T) {
	now := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{"8h": 8 * time.Hour, "30d": 720 * time.Hour,
		"90m": 90 * time.Minute, "1h30m": 90 * time.Minute} {
		if got, err := parseTTL(text, now); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0h", "-1h", "8", "tomorrow"} {
		if got, err := parseTTL(text, now); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func FuzzEndOfDay(f *testing.F) {
	f.Add("2020-05-22")
	f.Fuzz(func(t *testing.T, date string) {
		if end, err := endOfDay(date, time.UTC); err == nil && end.Format(time.DateOnly) != date {
			t.Errorf("%q ends at %v", date, end)
		}
	})
}
