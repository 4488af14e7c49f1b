package edgeclusters

import "testing"

// TestFailedStartIsShared has those who waited for a start that fails be given its failure, and the next one try again.
func TestFailedStartIsShared(t *testing.T) {
	c := &edgeCluster{set: &Set{}, name: "berlin", context: t.Context()}
	c.set.options.Servers = t.TempDir() // without programs
	_, failure := c.serve()
	if failure == nil || c.starts != 1 {
		t.Fatalf("%v after %d starts", failure, c.starts)
	}
	if _, err := c.serveAfter(0); err != failure || c.starts != 1 {
		t.Errorf("who waited got %v after %d starts, want %v", err, c.starts, failure)
	}
	if _, err := c.serve(); err == nil || c.starts != 2 {
		t.Errorf("the next got %v after %d starts", err, c.starts)
	}
}
