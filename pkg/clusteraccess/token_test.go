package clusteraccess

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestTokenLife has a token refused that lives longer than was asked for, whichever way it is seen.
func TestTokenLife(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for name, c := range map[string]struct {
		claimed, said time.Duration
		err           string
	}{
		"as asked":         {time.Hour, time.Hour, ""},
		"shortened":        {45 * time.Second, 45 * time.Second, ""},
		"not said":         {time.Hour, 0, ""},
		"longer":           {25 * time.Hour, 25 * time.Hour, "valid for 25h although 1h were asked for"},
		"longer, not said": {365 * 24 * time.Hour, time.Hour, "valid for 365d although 1h were asked for"},
		"said to be":       {time.Hour, 48 * time.Hour, "valid for 2d although 1h were asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			claims := fmt.Sprintf(`{"iat": %d, "exp": %d}`, now.Unix(), now.Add(c.claimed).Unix())
			token := "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
			var end time.Time
			if c.said != 0 {
				end = now.Add(c.said)
			}
			e, err := tokenEntry(token, time.Hour, end, now, now)
			if c.err == "" && (err != nil || e.Expires.After(now.Add(time.Hour))) || c.err != "" &&
				(err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), token)) {
				t.Errorf("got %v, %v, want %q", e, err, c.err)
			}
		})
	}
}
