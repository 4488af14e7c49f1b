package output_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
)

func TestTimestampsAreThoseOfKubernetes(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678, time.FixedZone("", 3600))
	type part struct {
		Since time.Time `json:"lastTransitionTime"`
		Other time.Time `json:"other"`
	}
	type thing struct {
		Made  time.Time `json:"creationTimestamp"`
		Ends  string    `json:"expirationTimestamp"`
		Parts []part    `json:"parts"`
	}
	var out strings.Builder
	format := output.Flags{Format: "jsonpath={.creationTimestamp} {.expirationTimestamp} " +
		"{.parts[0].lastTransitionTime} {.parts[0].other}"}
	if err := output.One(&out, format, output.Kind[thing]{Name: "Thing", ID: func(thing) string { return "it" }},
		thing{at, "never", []part{{at, at}}}); err != nil {
		t.Fatal(err)
	}
	want := "2026-01-02T02:04:05Z never 2026-01-02T02:04:05Z 2026-01-02T03:04:05.000000678+01:00"
	if out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
}
