package output

import (
	"io"

	"k8s.io/cli-runtime/pkg/printers"
)

// Stream prints items as they change, as kubectl get --watch does: the rows of one table, whose columns keep their
// widths, or one object after the other.
type Stream[T any] struct {
	w     io.Writer
	f     Flags
	k     Kind[T]
	table interface {
		io.Writer
		Flush() error
	}
}

// NewStream is a stream of items of a kind.
func NewStream[T any](w io.Writer, f Flags, k Kind[T]) *Stream[T] {
	return &Stream[T]{w: w, f: f, k: k, table: printers.GetNewTabWriter(w)}
}

// Print prints items that are new or other than before.
func (s *Stream[T]) Print(items []T) error {
	if len(items) == 0 {
		return nil
	}
	items, err := sorted(s.f, s.k, items)
	if err != nil {
		return err
	}
	defer func() { s.f.NoHeaders, s.f.SortBy = true, "" }()
	if s.f.Table() {
		if err := printRows(s.table, s.f, s.k, items); err != nil {
			return err
		}
		return s.table.Flush()
	}
	for _, item := range items {
		if err := One(s.w, s.f, s.k, item); err != nil {
			return err
		}
		s.f.NoHeaders = true
	}
	return nil
}
