package main

import (
	"fmt"
	"strings"
)

func (s spread) String() string {
	if s.low == s.high {
		return figure(s.median)
	}
	return fmt.Sprintf("%s (%s to %s)", figure(s.median), figure(s.low), figure(s.high))
}

// figure writes v with about three digits.
func figure(v float64) string {
	switch {
	case v == float64(int(v)):
		return fmt.Sprintf("%d", int(v))
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// median is what the table and the chart show. What misses its bound does not look as if it met it.
func (r result) median() string {
	text := figure(r.spread.median)
	if !r.met() && text == figure(r.bound) {
		return fmt.Sprintf("%.3f", r.spread.median)
	}
	return text
}

// value is what was measured, with its spread and unit.
func (r result) value() string {
	return r.median() + strings.TrimPrefix(r.spread.String(), figure(r.spread.median)) + " " + r.unit
}

func (r result) limit() string {
	if r.bound == 0 {
		return "none"
	}
	return figure(r.bound) + " " + r.unit
}

func (r result) verdict() string {
	switch {
	case r.bound == 0:
		return "–"
	case r.met():
		return "met"
	default:
		return "**not met**"
	}
}

// markdown is the table.
func markdown(results []result) string {
	var b strings.Builder
	b.WriteString("| what | against | measured | at most | | ours | theirs |\n|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.what, r.against, r.value(), r.limit(), r.verdict(),
			r.own, r.peer)
	}
	return b.String()
}
