package sts

import (
	"errors"
	"fmt"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
)

// endOfDay is the last millisecond, the unit of the wire, of a day written as yyyy-MM-dd.
func endOfDay(date string, zone *time.Location) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{}, fmt.Errorf("date %q is not of the form yyyy-MM-dd", date)
	}
	// Not by way of the next midnight: where summer time begins at midnight there is none.
	end := time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 999e6, zone)
	if again := end.Add(time.Hour); again.Format(time.DateOnly) == date {
		end = again // summer time ends at midnight: the last hour comes twice
	}
	return end, nil
}

// parseTTL reads a lifetime such as 8h or 30d.
func parseTTL(s string, now time.Time) (time.Duration, error) {
	ttl, err := expiration.Parse(s, now)
	if err == nil && ttl <= 0 {
		err = errors.New("a lifetime must be positive")
	}
	return ttl, err
}

func millis(ms int64) time.Time { return time.UnixMilli(ms) }
