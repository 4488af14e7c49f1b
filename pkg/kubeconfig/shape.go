package kubeconfig

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// What an edit fills, such as a list that was [], null or not there, is noted in our own state, so that the edit that
// takes the last entry away leaves the file as it was, to the byte. A note says how nothing was written, and no more.
// It is of use and never needed: without it an empty list stays. It is made before the kubeconfig is written, and
// dropped after: a note of what did not happen says what is there.

// shapes is the folder of the notes of how nothing was written.
const shapes = "kubeconfigs"

// note is the file of one kubeconfig's note.
type note struct {
	Path  string         `json:"path"` // of the kubeconfig
	Shape yamledit.Shape `json:"shape"`
}

// notePath is where the note of the kubeconfig at a path lies, in a folder of our state; "" if there is no home folder.
func notePath(folder, target string) string {
	folders, err := dirs.For("kubectl-edge")
	if err != nil {
		return ""
	}
	if absolute, err := filepath.Abs(target); err == nil {
		target = absolute
	}
	sum := sha256.Sum256([]byte(target))
	return filepath.Join(folders.State, folder, hex.EncodeToString(sum[:16])+".json")
}

func readShape(target string) yamledit.Shape {
	n, err := readNote(notePath(shapes, target))
	if err != nil {
		return yamledit.Shape{}
	}
	return n.Shape
}

func readNote(path string) (n note, err error) {
	data, err := securefile.Read(path, securefile.Private)
	if err == nil {
		err = json.Unmarshal(data, &n)
	}
	return n, err
}

// write writes the file, and notes what is to be known of it. A file that was not there stays when it is empty again.
func (e editedFile) write() error {
	target, before := e.file.file.Target, e.file.document.before
	noted := e.file.file.Info != nil
	if noted {
		_ = writeNote(target, before.With(e.shape))
	}
	if err := e.file.write(e.data); err != nil {
		return err
	}
	if noted {
		_ = writeNote(target, e.shape)
	}
	return nil
}

func writeNote(target string, shape yamledit.Shape) error {
	path := notePath(shapes, target)
	old, err := readNote(path)
	if semantic.DeepEqual(old.Shape, shape) { // also where there is none, and nothing to note
		return err
	}
	if shape.Empty() {
		return securefile.Remove(path)
	}
	if err := securefile.MakeDir(filepath.Dir(path)); err != nil {
		return err
	}
	sweepNotes(filepath.Dir(path))
	absolute, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	data, err := json.Marshal(note{absolute, shape})
	if err != nil {
		return err
	}
	return atomicfile.WriteOwn(path, data)
}

// sweepNotes removes the notes of kubeconfigs that are gone.
func sweepNotes(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		n, err := readNote(path)
		if err != nil {
			continue
		}
		if _, err := os.Lstat(n.Path); errors.Is(err, fs.ErrNotExist) {
			_ = securefile.Remove(path)
		}
	}
}
