//go:build !unix

package edge

import (
	"context"
	"io"
)

// whileRead does nothing: on Windows a pipe cannot be watched without writing to it.
func whileRead(ctx context.Context, _ io.Writer) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}
