package edge

import (
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// Anyone who may change an instance writes its description.
func TestDescribeDoesNotSteerTheTerminal(t *testing.T) {
	var out strings.Builder
	i := stackit.Instance{Id: "demo-3714d85", DisplayName: "demo"}
	i.SetDescription("a\x1b[2Jb\rc")
	if err := describe(&out, i); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "Description:   a\ufffd[2Jb\ufffdc"; !strings.Contains(got, want) ||
		strings.ContainsAny(got, "\x1b\r") {
		t.Errorf("got %q, want %q in it", got, want)
	}
}
