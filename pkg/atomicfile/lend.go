package atomicfile

import (
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Lend makes a file with data, which only the user can read, in a folder of our own that OpenDir accepts as Private. It
// is there until it is taken back. If this process is killed before, the next one that lends a file of this name in the
// folder removes it; a file whose process lives is left alone.
func Lend(folder, name string, data []byte) (path string, takeBack func(), err error) {
	dir, err := securefile.OpenDir(folder, securefile.Private)
	if err != nil {
		return "", nil, err
	}
	t, err := create(dir, name)
	if err != nil {
		_ = dir.Close()
		return "", nil, err
	}
	takeBack = func() {
		t.close()
		_ = dir.Close()
	}
	if _, err := t.file.Write(data); err != nil {
		takeBack()
		return "", nil, writeError(dir.Path(t.name), err)
	}
	return dir.Path(t.name), takeBack, nil
}
