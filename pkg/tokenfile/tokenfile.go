// Package tokenfile is a file with a token, for programs that read one: the tokenFile of a kubeconfig, Prometheus'
// credentials_file. A keeper replaces the token before it expires.
package tokenfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/edgetoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/fixedname"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// File is the path of a file that is to hold a token.
type File string

// Write replaces the file. It ends without a line break, which not every program would ignore.
func (f File) Write(token string) error {
	return atomicfile.Write(string(f), []byte(token), 0o600)
}

// CheckWritable finds out before anything is minted whether the file can be written.
func (f File) CheckWritable() error {
	if err := fixedname.Check(string(f)); err != nil {
		return err
	}
	r, err := atomicfile.ReserveAny(string(f), edgetoken.MaxSize, 0o600)
	if err != nil {
		if info, errStat := os.Stat(string(f)); errStat == nil && !info.IsDir() && hint.Of(err) == "" {
			err = hint.Wrap(err, "to print the token: --write-to -")
		}
		return err
	}
	r.Abort()
	return nil
}

// Keeper keeps the token of a file fresh.
type Keeper struct {
	File         File
	RemoveOnExit bool
	Mint         func(context.Context) (tokencache.Entry, error)
	Timeout      time.Duration // of one call of Mint
	Now          func() time.Time
	Log          io.Writer

	after   func(time.Duration) <-chan time.Time // nil means time.After
	expires atomic.Int64                         // of the token in the file, in Unix nanoseconds; 0 if there is none
}

// retries are the pauses after attempts that failed: 1 to 2 seconds at first, half a minute to a minute in the end.
var retries = wait.Backoff{Duration: time.Second, Factor: 2, Jitter: 1, Cap: time.Minute / 2, Steps: 10}

// checkEvery is how often the clock is looked at: a machine may sleep, and no timer runs meanwhile.
const checkEvery = 30 * time.Second

// Run renews the token until ctx ends, and says what it does in one line each. Failures never end it: the token in the
// file may live on, and the next attempt may succeed.
func (k *Keeper) Run(ctx context.Context) error {
	after := k.after
	if after == nil {
		after = time.After
	}
	retry := retries
	for {
		e, err := k.renew(ctx)
		if ctx.Err() != nil {
			return k.end()
		}
		var next time.Time
		if err == nil {
			next, retry = e.KeepUntil(k.Now()), retries
			k.say("%s holds a new token until %s", k.File, e.Expires.Local().Format(time.DateTime))
		} else {
			next = k.Now().Add(retry.Step())
			k.say("no new token, next attempt in %s, %s: %s", next.Sub(k.Now()).Round(time.Second), k.state(),
				oneLine(err))
		}
		for k.Now().Before(next) {
			select {
			case <-ctx.Done():
				return k.end()
			case <-after(min(next.Sub(k.Now()), checkEvery)):
			}
		}
	}
}

func (k *Keeper) renew(ctx context.Context) (tokencache.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, k.Timeout)
	defer cancel()
	e, err := k.Mint(ctx)
	if err != nil {
		return e, err
	}
	// By the clock on the wall, which goes on while a machine sleeps.
	e.Issued, e.Expires = e.Issued.Round(0), e.Expires.Round(0)
	if err := k.File.Write(e.Token); err != nil {
		return e, err
	}
	k.expires.Store(e.Expires.UnixNano())
	return e, nil
}

// lives reports whether the file holds a token that has not expired.
func (k *Keeper) lives() bool { return k.Now().UnixNano() < k.expires.Load() }

func (k *Keeper) state() string {
	if k.lives() {
		return "the file's token lives until " + time.Unix(0, k.expires.Load()).Format(time.DateTime)
	}
	return "the file holds no living token"
}

func (k *Keeper) say(format string, args ...any) {
	fmt.Fprintf(k.Log, k.Now().Format(time.DateTime)+" "+format+"\n", args...)
}

func (k *Keeper) end() error {
	if !k.RemoveOnExit || k.expires.Load() == 0 {
		return nil
	}
	if err := os.Remove(string(k.File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove token: %w", err)
	}
	return nil
}

// ServeHTTP answers /healthz: 200 while the file's token lives, else 503.
func (k *Keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/healthz":
		http.NotFound(w, r)
	case k.lives():
		_, _ = io.WriteString(w, "ok\n") // a client that goes away has its answer
	default:
		http.Error(w, "no living token", http.StatusServiceUnavailable)
	}
}

// ServeHealth serves k at the address, which CheckLoopback takes, until stop is called.
func (k *Keeper) ServeHealth(address string) (stop func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve --health-address: %w", err)
	}
	server := &http.Server{Handler: k, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // until it is closed
	k.say("health: http://%s/healthz", listener.Addr())
	return func() { _ = server.Close() }, nil
}

// CheckLoopback reports whether address is reached from this machine alone, whatever its resolver says.
func CheckLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--health-address %.80q: want HOST:PORT", address)
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return fmt.Errorf("--health-address %.80q: want an address of this machine alone, such as 127.0.0.1:8080",
			address)
	}
	return nil
}

// oneLine is err with its hint, without line breaks.
func oneLine(err error) string {
	text := err.Error()
	if h := hint.Of(err); h != "" {
		text += " (" + h + ")"
	}
	return strings.Join(strings.Fields(text), " ")
}
