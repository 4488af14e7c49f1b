// Package interrupt ends waits that take no context, such as a read of a terminal, with one.
package interrupt

import "context"

// Read returns what read does, or the cause of ctx's end if that comes first. read then goes on until it returns by
// itself.
func Read[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
