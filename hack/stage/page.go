package stage

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
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
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin, end := []byte("<!-- BEGIN: written by "+by+" -->\n"), []byte("<!-- END -->\n")
	head, rest, ok := bytes.Cut(page, begin)
	_, tail, ok2 := bytes.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no markers of %s", path, by)
	}
	return os.WriteFile(path, bytes.Join([][]byte{head, begin, []byte(text), end, tail}, nil), 0o644)
}
