package output

import (
	"strings"
	"time"
)

// writeTimestamps writes each …Timestamp and lastTransitionTime in an object as Kubernetes does: RFC 3339 in UTC and
// whole seconds, so that they can be compared as text, whatever clock and zone they were read in.
func writeTimestamps(value any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			writeTimestamps(item)
		}
	case map[string]any:
		for key, item := range value {
			text, ok := item.(string)
			if !ok || !strings.HasSuffix(key, "Timestamp") && key != "lastTransitionTime" {
				writeTimestamps(item)
			} else if t, err := time.Parse(time.RFC3339, text); err == nil {
				value[key] = t.UTC().Format(time.RFC3339)
			}
		}
	}
}
