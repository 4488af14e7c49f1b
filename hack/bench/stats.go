package main

import (
	"slices"
	"time"
)

// spread is a median with its quartiles.
type spread struct{ low, median, high float64 }

func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	at := func(q float64) float64 { return sorted[int(q*float64(len(sorted)-1)+0.5)] }
	return spread{at(0.25), at(0.5), at(0.75)}
}

// timing has how long a command took in each round.
type timing []time.Duration

// milliseconds is the spread of t.
func (t timing) milliseconds() spread {
	var values []float64
	for _, d := range t {
		values = append(values, float64(d.Microseconds())/1000)
	}
	return spreadOf(values)
}

// ratio is the spread of t over base, round by round: what disturbs a round disturbs both.
func (t timing) ratio(base timing) spread {
	var values []float64
	for i := range t {
		values = append(values, float64(t[i])/float64(base[i]))
	}
	return spreadOf(values)
}
