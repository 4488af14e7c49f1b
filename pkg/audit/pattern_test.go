package audit

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// Commands that look for no secrets must not pay for the expressions: compiled at the start, they were 991 allocations
// in every one.
func TestStartCompilesNothing(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	line := regexp.MustCompile(`(?m)^init \S+/pkg/audit .* (\d+) allocs$`).FindSubmatch(out)
	if line == nil {
		t.Fatalf("the runtime says nothing of this package:\n%s", out)
	}
	if n, _ := strconv.Atoi(string(line[1])); n > 250 {
		t.Errorf("%d allocations before main", n)
	}
}
