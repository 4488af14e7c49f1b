package audit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
)

// What our helper is given for an edge cluster is no secret, though it looks like one. With anything that the helper
// would not take, it is looked at like everything else.
func TestOwnArguments(t *testing.T) {
	const text = `apiVersion: v1
kind: Config
users:
- name: berlin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: COMMAND
      env: [{name: A, value: ENV}]
      args:
      - --project-id=12345678-ffff-4bcd-8fff-123456789abc
      - --region=eu01
      - --instance-id=demo-3714d85
      - --cluster=berlin
      - --cluster-uid=c5ee465a-2c41-4d40-9992-2d957f08da05
      - CA
      - --role=view
      - --credential=certificate
`
	const hash = "--ca=0fd8c3ef37209b218b2d000eba59a7ba6d95c63b0514541f3eeaaab90de3dc88"
	for name, test := range map[string]struct {
		command, ca, env string
		found            int
	}{
		"ours":             {"kubectl-edge_credential", hash, "b", 0},
		"by its path":      {"/opt/bin/kubectl-edge_credential", hash, "b", 0},
		"another program":  {"gke-gcloud-auth-plugin", hash, "b", 2},
		"not a hash":       {"kubectl-edge_credential", "--ca=ghp_0123456789abcdefABCDEF0123456789abcd", "b", 2},
		"elsewhere, alike": {"kubectl-edge_credential", hash, "--ca=ghp_0123456789abcdefABCDEF0123456789abcd", 1},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kubeconfig")
			replaced := strings.NewReplacer("COMMAND", test.command, "CA\n", test.ca+"\n", "ENV",
				test.env).Replace(text)
			if err := os.WriteFile(path, []byte(replaced), 0o600); err != nil {
				t.Fatal(err)
			}
			findings, err := audit.Path(path)
			secrets := 0
			for _, f := range findings.Findings {
				if f.Kind != audit.Redirect {
					secrets++
				}
			}
			if err != nil || secrets != test.found {
				t.Errorf("found %d secrets, want %d: %+v, %v", secrets, test.found, findings, err)
			}
		})
	}
}
