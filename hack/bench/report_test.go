package main

import "testing"

func TestValue(t *testing.T) {
	for want, r := range map[string]result{
		"0.50 (0.46 to 0.55) ×":  {spread: spread{0.46, 0.5, 0.55}, bound: 0.5, unit: "×"},
		"0.503 (0.46 to 0.55) ×": {spread: spread{0.46, 0.503, 0.55}, bound: 0.5, unit: "×"},
		"0.51 (0.46 to 0.55) ×":  {spread: spread{0.46, 0.51, 0.55}, bound: 0.5, unit: "×"},
		"0.503 ×":                {spread: spread{0.503, 0.503, 0.503}, bound: 0.5, unit: "×"},
	} {
		if got := r.value(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
