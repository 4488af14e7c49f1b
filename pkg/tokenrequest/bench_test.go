package tokenrequest_test

import (
	"path/filepath"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

func BenchmarkKey(b *testing.B) {
	dir := b.TempDir()
	d := dirs.Dirs{Config: filepath.Join(dir, "config"), State: filepath.Join(dir, "state")}
	config := &profile.Config{Profiles: map[string]profile.Profile{profile.DefaultName: {}}}
	if err := config.Save(d); err != nil {
		b.Fatal(err)
	}
	r := tokenrequest.Request{ProjectID: "12345678-ffff-4bcd-8fff-123456789abc", Region: "eu01",
		InstanceID: "demo-3714d85", Profile: profile.DefaultName}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Key(d, func(string) string { return "" }); err != nil {
			b.Fatal(err)
		}
	}
}
