package main

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "draw docs/benchmarks.svg from the table in docs/benchmarks.md")

const page, picture = "../../docs/benchmarks.md", "../../docs/benchmarks.svg"

// measured reads the results back from the page.
func measured(t *testing.T) []result {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "by "+writer+" -->\n")
	if !found {
		t.Fatalf("%s has no section of %s", page, writer)
	}
	table, _, _ = strings.Cut(table, "<!-- END")
	number := regexp.MustCompile(`^[0-9.]+`)
	value := func(text string) float64 {
		v, _ := strconv.ParseFloat(number.FindString(text), 64) // "none" is no bound
		return v
	}
	var results []result
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 7 || !strings.Contains(cells[2], "×") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		results = append(results, result{what: cells[0], against: cells[1], unit: "×", bound: value(cells[3]),
			spread: spread{median: value(cells[2])}, own: cells[5], peer: cells[6]})
	}
	if len(results) < 8 {
		t.Fatalf("the page has %d rows with a ratio: the test looks for the wrong thing", len(results))
	}
	return results
}

// TestChart: the picture shows what the table says, and every row that it wants to show is there.
func TestChart(t *testing.T) {
	results := measured(t)
	for _, s := range shown {
		found := false
		for _, r := range results {
			found = found || r.what == s.row[0] && r.against == s.row[1]
		}
		if !found {
			t.Errorf("the table has no row %q", s.row)
		}
	}
	want := chart(results)
	if *update {
		if err := os.WriteFile(picture, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s does not show the table; run: go test ./hack/bench -update", picture)
	}
	// A browser shows a picture that is not well-formed as nothing at all.
	for decoder := xml.NewDecoder(bytes.NewReader(got)); ; {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%s: %v", picture, err)
		}
	}
}

// TestChartOfFigures: the picture that a run writes is the one of its table, which has fewer digits.
func TestChartOfFigures(t *testing.T) {
	of := func(measured float64) []byte {
		return chart([]result{{what: shown[0].row[0], against: shown[0].row[1], unit: "×", bound: 0.45,
			spread: spread{0.4, measured, 0.5}, own: "1 ms", peer: "2 ms"}})
	}
	if a, b := of(0.4651), of(0.47); !bytes.Equal(a, b) {
		t.Errorf("the same table, and two pictures:\n%s\n%s", a, b)
	}
	if missed := of(0.4531); !bytes.Contains(missed, []byte(">0.453 ×<")) {
		t.Errorf("a bound that is missed looks met: %s", missed)
	}
}
