//go:build unix

package edge

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// readerLook is how often the wait for a reader's end looks whether the command has ended, in milliseconds.
const readerLook = 1000

// whileRead returns a context that ends when nobody can read the answer on out any more, because the kubectl that asked
// for it was killed. What the helper waits for then, a sign-in or an API, is waited for by nobody, and it holds the
// lock that others wait for. The process's parent does not tell: it may be a shell in between, which lives on.
func whileRead(ctx context.Context, out io.Writer) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := func() { cancel(nil) }
	f, ok := plugin.File(out).(*os.File)
	if !ok {
		return ctx, stop
	}
	if info, err := f.Stat(); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		return ctx, stop
	}
	fd := int32(f.Fd())
	go func() {
		for ctx.Err() == nil {
			pipe := []unix.PollFd{{Fd: fd}} // errors are reported without being asked for
			_, err := unix.Poll(pipe, readerLook)
			if err == nil && pipe[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
				cancel(errNobodyReads)
			} else if err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}()
	return ctx, stop
}
