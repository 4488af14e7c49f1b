package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
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

// value is what was measured, with its unit. What misses its bound does not look as if it met it.
func (r result) value() string {
	text := r.spread.String()
	if rounded := figure(r.spread.median); !r.met() && rounded == figure(r.bound) {
		text = fmt.Sprintf("%.3f", r.spread.median) + strings.TrimPrefix(text, rounded)
	}
	return text + " " + r.unit
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

// machine describes in general terms where the figures come from.
func machine() string {
	cores, memory := runtime.NumCPU(), ""
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib float64
		if _, err := fmt.Sscanf(string(data), "MemTotal: %g kB", &kib); err == nil {
			memory = fmt.Sprintf(", %.0f GiB of memory", kib/(1<<20))
		}
	}
	return fmt.Sprintf("Measured on %s, on a machine with %d cores%s, %s/%s, %s. Later changes are not in it.\n\n",
		time.Now().UTC().Format(time.DateOnly), cores, memory, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

const (
	begin = "<!-- BEGIN: written by make bench -->\n"
	end   = "<!-- END -->\n"
)

// replaceTable replaces what stands between the markers of a page.
func replaceTable(path, table string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, ok := bytes.Cut(page, []byte(begin))
	_, tail, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return fmt.Errorf("%s has no markers", path)
	}
	return os.WriteFile(path, []byte(string(head)+begin+table+end+string(tail)), 0o644)
}
