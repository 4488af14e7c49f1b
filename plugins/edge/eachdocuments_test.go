package edge

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
)

// Documents are the same however their bytes come.
func TestDocumentReader(t *testing.T) {
	const one = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"}"}}`
	const printed = "{\n    \"apiVersion\": \"v1\",\n    \"kind\": \"ConfigMap\",\n    \"metadata\": {\n" +
		"        \"annotations\": {\n            \"kubectl-edge/instance\": \"demo\"\n        },\n" +
		"        \"name\": \"}\"\n    }\n}\n"
	for _, test := range []struct{ input, want, rest string }{
		{one + "\n", printed, ""},
		{one + one, printed + printed, ""},
		{"null\n" + one + "\n[]", printed, "[]"},
		{`{"kind":"List","items":[` + one + "," + one + `]}`, printed + printed, ""},
		{`{"kind":"List","items":null}`, "", ""},
		{one + "\n" + one[:20], printed, one[:20]},
		{one + "\nwhat is this}\n" + one, printed, "what is this}"},
		{"nothing\n", "", "nothing"},
	} {
		for _, size := range []int{1, 7, len(test.input)} {
			var out bytes.Buffer
			r := &documentReader{documents: fleet.NewDocuments(&out, "json"), name: fleet.Name{Instance: "demo"}}
			for rest := []byte(test.input); len(rest) > 0; {
				n := min(size, len(rest))
				if _, err := r.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if out.String() != test.want {
				t.Errorf("%q by %d: got\n%s", test.input, size, out.String())
			}
			left := string(r.other())
			if !strings.HasPrefix(left, test.rest) || test.rest == "" && left != "" {
				t.Errorf("%q by %d: left is %q, want %q", test.input, size, left, test.rest)
			}
		}
	}
}
