package edge

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

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/edgetoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// tokenFile is a file with a token, for programs that read one: the tokenFile of a kubeconfig, Prometheus'
// credentials_file.
type tokenFile struct {
	path         string
	keepFresh    bool
	removeOnExit bool
	health       string // address of the health endpoint, "" for none
}

func (f *tokenFile) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&f.path, "write-to", "",
		"write the token to this file, which only you can read, instead of printing it; - prints")
	fs.BoolVar(&f.keepFresh, "keep-fresh", false,
		"stay, and replace the file's token before it expires, until interrupted")
	fs.BoolVar(&f.removeOnExit, "remove-on-exit", false, "remove the file when --keep-fresh ends")
	fs.StringVar(&f.health, "health-address", "",
		"with --keep-fresh, serve /healthz at this address of this machine, such as 127.0.0.1:8080")
}

func (f *tokenFile) validate(format string) error {
	if f.path == "-" && !f.keepFresh {
		f.path = "" // which prints
	}
	switch {
	case f.keepFresh && f.path == "":
		return errors.New("--keep-fresh wants --write-to")
	case f.path == "-":
		return errors.New("--keep-fresh replaces a file, and cannot replace what is printed")
	case f.removeOnExit && !f.keepFresh:
		return errors.New("--remove-on-exit wants --keep-fresh")
	case f.health != "" && !f.keepFresh:
		return errors.New("--health-address wants --keep-fresh")
	case f.path != "" && format != "":
		return errors.New("--write-to writes the token alone: leave out --output")
	case f.health != "":
		return checkLoopback(f.health)
	}
	return nil
}

// checkLoopback reports whether address is reached from this machine alone, whatever its resolver says.
func checkLoopback(address string) error {
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

// write replaces the file. It ends without a line break, which not every program would ignore.
func (f *tokenFile) write(token string) error {
	return atomicfile.Write(f.path, []byte(token), 0o600)
}

// writable finds out before anything is minted whether the file can be written.
func (f *tokenFile) writable() error {
	r, err := atomicfile.ReserveAny(f.path, edgetoken.MaxSize, 0o600)
	if err != nil {
		if info, errStat := os.Stat(f.path); errStat == nil && !info.IsDir() && hint.Of(err) == "" {
			err = hint.Wrap(err, "to print the token: --write-to -")
		}
		return err
	}
	r.Abort()
	return nil
}

// keeper keeps the token of a file fresh.
type keeper struct {
	file tokenFile
	mint func(context.Context) (tokencache.Entry, error)
	now  func() time.Time
	// after waits, and is time.After but in tests.
	after func(time.Duration) <-chan time.Time
	log   io.Writer

	expires atomic.Int64 // of the token in the file, in Unix nanoseconds; 0 if there is none
}

// retries are the pauses after attempts that failed: 1 to 2 seconds at first, half a minute to a minute in the end.
var retries = wait.Backoff{Duration: time.Second, Factor: 2, Jitter: 1, Cap: time.Minute / 2, Steps: 10}

const (
	// checkEvery is how often the clock is looked at: a machine may sleep, and no timer runs meanwhile.
	checkEvery = 30 * time.Second
)

// run renews the token until ctx ends, and says what it does in one line each. Failures never end it: the token in the
// file may live on, and the next attempt may succeed.
func (k *keeper) run(ctx context.Context) error {
	retry := retries
	for {
		e, err := k.renew(ctx)
		if ctx.Err() != nil {
			return k.end()
		}
		var next time.Time
		if err == nil {
			next, retry = e.KeepUntil(k.now()), retries
			k.say("%s holds a new token until %s", k.file.path, e.Expires.Local().Format(time.DateTime))
		} else {
			next = k.now().Add(retry.Step())
			k.say("no new token, next attempt in %s, %s: %s", next.Sub(k.now()).Round(time.Second), k.state(),
				oneLine(err))
		}
		for k.now().Before(next) {
			select {
			case <-ctx.Done():
				return k.end()
			case <-k.after(min(next.Sub(k.now()), checkEvery)):
			}
		}
	}
}

func (k *keeper) renew(ctx context.Context) (tokencache.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, credentialTimeout)
	defer cancel()
	e, err := k.mint(ctx)
	if err != nil {
		return e, err
	}
	// By the clock on the wall, which goes on while a machine sleeps.
	e.Issued, e.Expires = e.Issued.Round(0), e.Expires.Round(0)
	if err := k.file.write(e.Token); err != nil {
		return e, err
	}
	k.expires.Store(e.Expires.UnixNano())
	return e, nil
}

// lives reports whether the file holds a token that has not expired.
func (k *keeper) lives() bool { return k.now().UnixNano() < k.expires.Load() }

func (k *keeper) state() string {
	if k.lives() {
		return "the file's token lives until " + time.Unix(0, k.expires.Load()).Format(time.DateTime)
	}
	return "the file holds no living token"
}

func (k *keeper) say(format string, args ...any) {
	fmt.Fprintf(k.log, k.now().Format(time.DateTime)+" "+format+"\n", args...)
}

func (k *keeper) end() error {
	if !k.file.removeOnExit || k.expires.Load() == 0 {
		return nil
	}
	if err := os.Remove(k.file.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove token: %w", err)
	}
	return nil
}

// ServeHTTP answers /healthz: 200 while the file's token lives, else 503.
func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/healthz":
		http.NotFound(w, r)
	case k.lives():
		_, _ = io.WriteString(w, "ok\n") // a client that goes away has its answer
	default:
		http.Error(w, "no living token", http.StatusServiceUnavailable)
	}
}

// serveHealth serves k at the address until stop is called.
func (k *keeper) serveHealth() (stop func(), err error) {
	if k.file.health == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", k.file.health)
	if err != nil {
		return nil, fmt.Errorf("serve --health-address: %w", err)
	}
	server := &http.Server{Handler: k, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // until it is closed
	k.say("health: http://%s/healthz", listener.Addr())
	return func() { _ = server.Close() }, nil
}

// oneLine is err with its hint, without line breaks.
func oneLine(err error) string {
	text := err.Error()
	if h := hint.Of(err); h != "" {
		text += " (" + h + ")"
	}
	return strings.Join(strings.Fields(text), " ")
}
