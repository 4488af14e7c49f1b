package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
)

// documentReader reads what a kubectl prints as JSON while it watches, and prints each document to those of all.
type documentReader struct {
	documents *fleet.Documents
	name      fleet.Name
	rest      []byte // of a document that has not ended
	broken    bool   // what was printed is not JSON
}

// mostOfOther is how much is kept of what is not JSON.
const mostOfOther = 8 << 10

// Write prints the documents that data ends, and keeps what follows them.
func (r *documentReader) Write(data []byte) (int, error) {
	if r.broken {
		return len(data), nil
	}
	r.rest = append(r.rest, data...)
	for bytes.ContainsAny(data, "}]l") { // else none has ended: not an object, and not null
		decoder := json.NewDecoder(bytes.NewReader(r.rest))
		var document json.RawMessage
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			r.broken = true
			r.rest = r.rest[:min(len(r.rest), mostOfOther)]
			break
		}
		objects, err := objectsOf(document)
		if err != nil {
			r.broken = true
			break
		}
		r.rest = r.rest[decoder.InputOffset():]
		for _, o := range objects {
			if err := r.documents.Print(o, r.name.Instance, r.name.Cluster); err != nil {
				return 0, err
			}
		}
	}
	return len(data), nil
}

// other is what is left that is not a document.
func (r *documentReader) other() []byte { return bytes.TrimSpace(r.rest) }
