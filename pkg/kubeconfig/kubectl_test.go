//go:build system

package kubeconfig_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster/clustertest"
)

// Two of our writers and a real kubectl change one kubeconfig at the same time, and none loses what another wrote.
// kubectl does not wait for a lock, it fails; so it is called again until it gets it.
func TestWritersAndKubectlLoseNothing(t *testing.T) {
	kubectl := filepath.Join(clustertest.Servers(t), "kubectl")
	path := filepath.Join(t.TempDir(), "config")
	const each = 15
	var wait sync.WaitGroup
	for _, writer := range []string{"a", "b"} {
		wait.Go(func() {
			for i := range each {
				err := kubeconfig.Edit(t.Context(), path, func(c *api.Config) error {
					kubeconfig.Entry{Name: fmt.Sprint(writer, i), Server: "https://x.example",
						User: kubeconfig.ExecUser(nil, "")}.Put(c)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Go(func() {
		for i := range each {
			for {
				command := exec.CommandContext(t.Context(), kubectl, "config", "set-context", fmt.Sprint("k", i),
					"--cluster", "x", "--kubeconfig", path)
				command.Env = append(os.Environ(), "HOME="+filepath.Dir(path))
				out, err := command.CombinedOutput()
				if err == nil {
					break
				}
				if !strings.Contains(string(out), ".lock: ") {
					t.Errorf("kubectl: %v: %s", err, out)
					return
				}
			}
		}
	})
	wait.Wait()
	config, err := kubeconfig.Load(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range each {
		for _, writer := range []string{"a", "b", "k"} {
			if name := fmt.Sprint(writer, i); config.Contexts[name] == nil {
				t.Errorf("context %s is lost", name)
			}
		}
	}
	if len(config.Clusters) != 2*each || len(config.AuthInfos) != 2*each {
		t.Errorf("got %d clusters and %d users, want %d of each", len(config.Clusters), len(config.AuthInfos), 2*each)
	}
}
