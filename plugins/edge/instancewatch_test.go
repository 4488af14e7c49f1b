package edge

import (
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

func TestInstanceChanges(t *testing.T) {
	listed := func(id, status string) listedInstance {
		return listedInstance{Instance: stackit.Instance{Id: id, Status: status}, projectID: "p"}
	}
	a, b := listed("a", "active"), listed("b", "reconciling")
	changes := instanceChanges{}
	for _, step := range []struct {
		there      []listedInstance
		incomplete bool
		want       string
	}{
		{[]listedInstance{a, b}, false, "a=active b=reconciling"},
		{[]listedInstance{a, b}, false, ""},
		{[]listedInstance{b, listed("a", "error")}, false, "a=error"},
		{[]listedInstance{b}, true, ""}, // who was not asked has not gone
		{[]listedInstance{b}, false, "a=deleted"},
		{[]listedInstance{b}, false, ""},
		{[]listedInstance{b, a}, false, "a=active"},
	} {
		changed, err := changes.of(step.there, step.incomplete)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range changed {
			got = append(got, l.Id+"="+l.Status)
		}
		if text := strings.Join(got, " "); text != step.want {
			t.Errorf("got %q, want %q", text, step.want)
		}
	}
}
