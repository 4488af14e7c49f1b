package fleet

import (
	"encoding/json"
	"io"
	"slices"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
)

// IsDocument reports whether a format prints each answer as one document.
func IsDocument(format string) bool { return slices.Contains([]string{"json", "yaml"}, format) }

// Document is v as one document of such a format.
func Document(format string, v any) ([]byte, error) {
	if format == "yaml" {
		data, err := yaml.Marshal(v)
		return output.EscapeYAML(data), err
	}
	data, err := json.MarshalIndent(v, "", "    ")
	return append(output.EscapeJSON(data), '\n'), err
}

// Documents are the objects of many members, one document after the other.
type Documents struct {
	out    io.Writer
	format string

	mu    sync.Mutex
	begun bool
}

// NewDocuments returns those that are written to out.
func NewDocuments(out io.Writer, format string) *Documents {
	return &Documents{out: out, format: format}
}

// Print prints one whole, and says where it is from.
func (d *Documents) Print(object map[string]any, instance, cluster string) error {
	SetOrigin(object, instance, cluster)
	data, err := Document(d.format, object)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.begun && d.format == "yaml" {
		data = append([]byte("---\n"), data...)
	}
	d.begun = true
	_, err = d.out.Write(data)
	return err
}
