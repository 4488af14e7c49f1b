package edge

import (
	"strings"
	"testing"
	"time"
)

func TestCheckSkew(t *testing.T) {
	for _, tc := range []struct {
		skew         time.Duration
		status, says string
	}{
		{0, checkOK, "right within a few seconds"},
		{-20 * time.Second, checkOK, "right within a few seconds"},
		{45 * time.Second, checkWarn, "45s ahead of"},
		{-45 * time.Second, checkWarn, "45s behind"},
		{time.Hour, checkFail, "1h0m0s ahead of"},
		{-2 * time.Minute, checkFail, "2m0s behind"},
	} {
		got := checkSkew(tc.skew)
		if got.Status != tc.status || !strings.Contains(got.Detail, tc.says) || (got.Next == "") != (got.Status == checkOK) {
			t.Errorf("%v: got %+v, want %s with %q", tc.skew, got, tc.status, tc.says)
		}
	}
}
