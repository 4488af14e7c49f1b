// Package expiration reads and bounds how long an Edge Cloud token is to be valid.
package expiration

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// What the Edge Cloud API v1beta1 accepts as expirationSeconds.
const (
	Min = 600 * time.Second
	Max = 15552000 * time.Second // 180 days
)

// Parse reads a duration as the STACKIT CLI does, a number and one of the units s, m, h, d and M (600s, 15m, 2h, 30d,
// 1M), or as Go does (1h30m). A day has 24 hours; M counts calendar months from now. Parse does not apply the bounds,
// see Check.
func Parse(s string, now time.Time) (time.Duration, error) {
	d, err := parse(s, now)
	if err != nil {
		return 0, fmt.Errorf("duration %s %w; write a number and a unit (s, m, h, d or M for months), for example "+
			"15m, 1d or 1h30m", quote(s), err)
	}
	return d, nil
}

// Check reports whether the API accepts d: between 600 s and 15552000 s, in whole seconds.
func Check(d time.Duration) error {
	if d < Min || d > Max {
		return fmt.Errorf("duration %s is out of bounds: the API takes %ds (%s) to %ds (%s)",
			String(d), int64(Min/time.Second), String(Min), int64(Max/time.Second), String(Max))
	}
	if d%time.Second != 0 {
		return fmt.Errorf("duration %s is not a whole number of seconds", String(d))
	}
	return nil
}

// String writes d so that Parse reads it back, without the zero units that time.Duration writes: 15m, 1d, 1h30m.
func String(d time.Duration) string {
	const day = 24 * time.Hour
	if d != 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

type parseError string

func (e parseError) Error() string { return string(e) }

const (
	errEmpty    = parseError("is empty")
	errForm     = parseError("is malformed")
	errUnit     = parseError("has no unit")
	errPositive = parseError("is not positive")
	errTooLong  = parseError("is too long")
)

func parse(s string, now time.Time) (time.Duration, error) {
	if s == "" {
		return 0, errEmpty
	}
	digits := 0
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		digits++
	}
	if digits == len(s) {
		return 0, errUnit
	}
	// time.ParseDuration knows neither days nor months, and reads everything else that the STACKIT CLI takes.
	if unit := s[digits:]; digits > 0 && (unit == "d" || unit == "M") {
		return calendar(s[:digits], unit, now)
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, errForm
	case d <= 0:
		return 0, errPositive
	}
	return d, nil
}

func calendar(number, unit string, now time.Time) (time.Duration, error) {
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil { // number is all digits, so it is out of range
		return 0, errTooLong
	}
	if n == 0 {
		return 0, errPositive
	}
	const day = 24 * time.Hour
	if unit == "d" {
		if n > math.MaxInt64/int64(day) {
			return 0, errTooLong
		}
		return time.Duration(n) * day, nil
	}
	if n > 12*200 { // time.Duration ends at 292 years
		return 0, errTooLong
	}
	// In UTC a month has whole days: no switch to summer time makes it an hour shorter.
	now = now.UTC().Round(0)
	return now.AddDate(0, int(n), 0).Sub(now), nil
}

func quote(s string) string {
	const shown = 32
	if len(s) > shown {
		return strconv.Quote(s[:shown]) + "…"
	}
	return strconv.Quote(s)
}
