package edge

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

func TestConfigurationChangedByManyAtOnce(t *testing.T) {
	a := &app{dirs: dirs.Dirs{Config: filepath.Join(t.TempDir(), "config")}}
	var group sync.WaitGroup
	const many = 30
	for i := range many {
		group.Go(func() {
			err := a.changeConfig(t.Context(), func(config *profile.Config) error {
				config.TrustedHosts = append(config.TrustedHosts, fmt.Sprintf("host-%d", i))
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	config, err := profile.Load(a.dirs)
	if err != nil || len(config.TrustedHosts) != many {
		t.Errorf("%d changes of %d are there: %v", len(config.TrustedHosts), many, err)
	}
}

func TestRefusedChangeLeavesNothing(t *testing.T) {
	a := &app{dirs: dirs.Dirs{Config: filepath.Join(t.TempDir(), "config")}}
	refused := fmt.Errorf("refused")
	if err := a.changeConfig(t.Context(), func(*profile.Config) error { return refused }); err != refused {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(a.dirs.Config); !os.IsNotExist(err) {
		t.Errorf("a folder was made: %v", err)
	}
}
