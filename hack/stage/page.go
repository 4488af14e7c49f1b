package stage

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Machine describes in general terms where figures come from.
func Machine() string {
	memory := ""
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib float64
		if _, err := fmt.Sscanf(string(data), "MemTotal: %g kB", &kib); err == nil {
			memory = fmt.Sprintf(", %.0f GiB of memory", kib/(1<<20))
		}
	}
	return fmt.Sprintf("%s, on a machine with %d cores%s, %s/%s, %s", time.Now().UTC().Format(time.DateOnly),
		runtime.NumCPU(), memory, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// WriteSection replaces what a page has between the markers of the command that writes it.
func WriteSection(path, by, text string) error {
	head, _, tail, err := sections(path, by)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(head+text+tail), 0o644)
}

// sections cuts a page at the markers of a command, which stay with what is around them.
func sections(path, by string) (head, text, tail string, err error) {
	page, err := os.ReadFile(path)
	if err != nil {
		return "", "", "", err
	}
	begin, end := "<!-- BEGIN: written by "+by+" -->\n", "<!-- END -->\n"
	head, rest, ok := strings.Cut(string(page), begin)
	text, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", "", "", fmt.Errorf("%s has no markers of %s", path, by)
	}
	return head + begin, text, end + tail, nil
}
