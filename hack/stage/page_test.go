package stage

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSection(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	const before, after = "# Page\n<!-- BEGIN: written by x -->\nold\n<!-- END -->\nend\n",
		"# Page\n<!-- BEGIN: written by x -->\nnew\n<!-- END -->\nend\n"
	if err := os.WriteFile(page, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteSection(page, "y", "new\n"); err == nil {
		t.Error("wrote what another command writes")
	}
	if _, text, _, err := sections(page, "x"); text != "old\n" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
	if err := WriteSection(page, "x", "new\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(page); string(got) != after || err != nil {
		t.Errorf("wrote %q, %v", got, err)
	}
}
