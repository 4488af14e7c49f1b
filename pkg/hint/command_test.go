package hint

import (
	"os/exec"
	"testing"
)

var hostile = []string{
	"plain", "a b", "it's", `say "hi"`, "$HOME", "`id`", "~/x", "a\\b", "!!", "=ls", "*", "#x", "a;b", "a&b", "{a,b}",
	"-rf", "ä",
}

// TestPathsCanBePasted has a real shell read paths as they stand in messages and in the commands of hints.
func TestPathsCanBePasted(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range hostile {
		want := path
		if path == "-rf" {
			want = "./-rf" // which no command takes for a flag
		}
		for what, typed := range map[string]string{
			"Path": quotedPath(path, false), "Word": word(noFlag(path), false),
		} {
			got, err := exec.Command(shell, "-c", "printf %s "+typed).Output()
			if string(got) != want || err != nil {
				t.Errorf("%s of %q: %s is read as %q, %v", what, path, typed, got, err)
			}
		}
	}
}

// TestPathsOfPowerShell has the quotes of PowerShell around what it would replace, and those that cmd.exe knows as well
// where nothing is to be replaced.
func TestPathsOfPowerShell(t *testing.T) {
	for path, want := range map[string]struct{ path, word string }{
		`C:\Data\ada`:          {`"C:\Data\ada"`, `C:\Data\ada`},
		`C:\Data\Ada Lovelace`: {`"C:\Data\Ada Lovelace"`, `"C:\Data\Ada Lovelace"`},
		`C:\$Recycle\it's`:     {`'C:\$Recycle\it''s'`, `'C:\$Recycle\it''s'`},
		"C:\\a`b":              {"'C:\\a`b'", "'C:\\a`b'"},
		`@ada`:                 {`"@ada"`, `"@ada"`},
		`-rf`:                  {`"./-rf"`, `-rf`},
	} {
		if got := quotedPath(path, true); got != want.path {
			t.Errorf("Path of %s: got %s, want %s", path, got, want.path)
		}
		if got := word(path, true); got != want.word {
			t.Errorf("Word of %s: got %s, want %s", path, got, want.word)
		}
	}
}
