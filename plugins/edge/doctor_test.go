package edge

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
)

func TestCheckSkew(t *testing.T) {
	for _, tc := range []struct {
		skew         time.Duration
		status, says string
	}{
		{0, diagnosis.OK, "right within a few seconds"},
		{-20 * time.Second, diagnosis.OK, "right within a few seconds"},
		{45 * time.Second, diagnosis.Warn, "45s ahead of"},
		{-45 * time.Second, diagnosis.Warn, "45s behind"},
		{time.Hour, diagnosis.Fail, "1h0m0s ahead of"},
		{-2 * time.Minute, diagnosis.Fail, "2m0s behind"},
	} {
		got := checkSkew(tc.skew)
		if got.Status != tc.status || !strings.Contains(got.Detail, tc.says) ||
			(got.Next == "") != (got.Status == diagnosis.OK) {
			t.Errorf("%v: got %+v, want %s with %q", tc.skew, got, tc.status, tc.says)
		}
	}
}

func TestCheckEndpointComparesClocks(t *testing.T) {
	now := time.Date(2026, 8, 21, 10, 0, 0, 0, time.UTC)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", now.Add(5*time.Minute).Format(http.TimeFormat))
	}))
	defer srv.Close()
	a := &app{Process: Process{Now: func() time.Time { return now }}}
	c, skew, known := a.checkEndpoint(t.Context(), srv.Client(), "edge endpoint", srv.URL)
	if c.Status != diagnosis.OK || skew != -5*time.Minute || !known {
		t.Errorf("got %+v, %v, %v", c, skew, known)
	}
}
