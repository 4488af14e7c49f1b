package login

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/ttymode"
)

const (
	// signInTimeout is how long a person may take.
	signInTimeout = 5 * time.Minute
	// maxAge is how long ago the person may have signed in at the provider, in seconds: as the STACKIT CLI asks for.
	maxAge = "43200"
)

// Interaction says whether and how a person may be asked. The zero value allows nothing.
type Interaction struct {
	Allowed     bool
	In          io.Reader              // pasted answers
	ErrOut      io.Writer              // prompts and progress
	OpenBrowser func(url string) error // nil: only show the address
	// Unseen says that a program keeps what is printed on ErrOut until the end. Without a browser the person never sees
	// the address.
	Unseen  bool
	Timeout time.Duration // for the person; 0 is five minutes
}

// MethodBrowser is a person who signs in with a browser, here or elsewhere.
const MethodBrowser = "browser"

func browsers() method {
	return method{
		name:   MethodBrowser,
		grant:  func() grant { return &refreshGrant{Via: MethodBrowser} },
		flags:  browserFlags,
		person: true,
		example: `  # where there is no browser: open the address elsewhere, and paste what it ends up with
  kubectl edge login --no-browser`,
	}
}

func browserFlags(flags FlagSet) choice {
	var here bool
	b := &browserSignIn{}
	flags.BoolVar(&here, "browser", false, "sign in with a browser on this machine")
	flags.BoolVar(&b.Paste, "no-browser", false,
		"sign in with a browser elsewhere, and paste the code or the address it ends up with")
	flags.IntVar(&b.Port, "port", 0, fmt.Sprintf("port on this machine to which the browser returns, %d to %d "+
		"(default: the first free one)", firstPort, lastPort))
	return choice{
		chosen: func() []string {
			var ways []string
			if here {
				ways = append(ways, "--browser")
			}
			if b.Paste {
				ways = append(ways, "--no-browser")
			}
			return ways
		},
		check: func() error {
			if b.Port == 0 {
				return nil
			}
			return checkPort(b.Port)
		},
		credential: func(i Interaction) Credential {
			i.Allowed = i.Allowed || !b.Paste // who asks for a browser is there; to paste takes a terminal
			b.Interaction = i
			return *b
		},
	}
}

// browserSignIn is a person who signs in at the identity provider: authorization code with PKCE (RFC 7636), state and
// nonce.
type browserSignIn struct {
	Interaction
	Paste bool // the browser is elsewhere: the person pastes what it ends up with
	Port  int  // to which the browser returns; 0 is the first free one of 8000 to 8020
}

func (browserSignIn) Method() string { return MethodBrowser }

func (b browserSignIn) authenticate(ctx context.Context, a *Account) (result, error) {
	if !b.Allowed {
		return result{}, a.required(profile.Session{}, "somebody has to sign in, and nobody can be asked here")
	}
	p, err := a.discover(ctx)
	if err != nil {
		return result{}, err
	}
	timeout := cmp.Or(b.Timeout, signInTimeout)
	waiting, cancel := context.WithTimeoutCause(ctx, timeout,
		hint.Wrap(fmt.Errorf("nobody signed in within %v", timeout), "%s", a.Command("login")))
	defer cancel()

	r := request{state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
	if b.Paste {
		config := p.config(redirectURL(cmp.Or(b.Port, firstPort)))
		code, err := b.pasted(waiting, r.address(config), r.state)
		if err != nil {
			return result{}, err
		}
		return a.redeem(ctx, p, config, r, code)
	}
	c, err := listen(ctx, b.Port, r.state)
	if err != nil {
		return result{}, err
	}
	config := p.config(c.redirectURL())
	code, err := b.returned(waiting, a, r.address(config), c)
	if err != nil {
		c.report("", err)
		return result{}, err
	}
	signedIn, err := a.redeem(ctx, p, config, r, code)
	if err != nil {
		c.report("", err)
		return result{}, err
	}
	signedIn.report = c.report
	return signedIn, nil
}

// request is what an authorization request and its answer are tied together with.
type request struct{ state, nonce, verifier string }

func (r request) address(config *oauth2.Config) string {
	return config.AuthCodeURL(r.state, oidc.Nonce(r.nonce), oauth2.S256ChallengeOption(r.verifier),
		oauth2.SetAuthURLParam("max_age", maxAge))
}

// redeem exchanges the code for tokens.
func (a *Account) redeem(ctx context.Context, p *provider, config *oauth2.Config, r request, code string) (result,
	error) {
	exchanging, cancel := context.WithTimeout(a.withClient(ctx), exchangeTimeout)
	defer cancel()
	issued := a.Now()
	tokens, err := config.Exchange(exchanging, code, oauth2.VerifierOption(r.verifier))
	if err != nil {
		err = a.exchangeError("authorization code", config.Endpoint.TokenURL, ended(exchanging, err))
		if rejected(err) {
			return result{}, hint.Wrap(err, "log in once more: %s", a.Command("login"))
		}
		return result{}, err
	}
	return a.accept(ctx, p, MethodBrowser, r.nonce, issued, tokens)
}

// returned shows the address before it opens the browser, which may fail or block, and waits for the browser's return.
func (b browserSignIn) returned(ctx context.Context, a *Account, address string, c *callback) (code string, err error) {
	fmt.Fprintf(b.ErrOut, "Sign in at this address:\n\n  %s\n\n"+
		"Waiting for that, for up to %v; Ctrl-C stops.\n", address, cmp.Or(b.Timeout, signInTimeout))
	opened := make(chan error, 1)
	if b.OpenBrowser != nil {
		go func() { opened <- b.OpenBrowser(address) }()
	}
	for {
		select {
		case err := <-opened:
			if err != nil && b.Unseen {
				return "", hint.Wrap(errors.New("somebody has to sign in, no browser could be opened, and the "+
					"program that called "+
					"shows nothing before the end"), "in a terminal: %s", a.Command("login"))
			}
			if err != nil {
				fmt.Fprintln(b.ErrOut, "No browser could be opened: open the address in one on this machine, or "+
					"press Ctrl-C and use kubectl edge login --no-browser.")
			}
		case a := <-c.answers:
			return a.code, a.err
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// pasted lets the person copy the answer: the code, or the whole address at which the browser ended.
func (b browserSignIn) pasted(ctx context.Context, address, state string) (code string, err error) {
	restore := ttymode.LongLines(b.In) // before anybody is asked: what is typed earlier is cut, and its Ctrl-D lost
	defer restore()
	fmt.Fprintf(b.ErrOut, "Sign in at this address, in any browser:\n\n  %s\n\n"+
		"The browser then ends at a page that it cannot open. Paste the address of that page here, and press Enter:\n",
		address)
	lines := bufio.NewReader(io.LimitReader(b.In, 256<<10))
	var before error
	for {
		text, err := interrupt.Read(ctx, func() (string, error) { return readLine(lines) })
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if text == "" && err != nil && before != nil {
			return "", before // the end of the input
		}
		code, wrong := readPasted(text, state)
		if wrong == nil || err != nil || errors.As(wrong, new(refusedError)) {
			return code, wrong
		}
		before = wrong
		// Nothing was sent.
		fmt.Fprintf(b.ErrOut, "That does not work: %v. Paste it again, or press Ctrl-C to stop:\n", wrong)
	}
}

// readLine reads up to the end of a line, or Ctrl-D where the terminal leaves that to us, and takes back what was taken
// back.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		c, err := r.ReadByte()
		switch {
		case err != nil:
			return strings.TrimSpace(string(line)), io.EOF
		case c == 0x04:
			return strings.TrimSpace(string(line)), io.EOF
		case c == '\n':
			return strings.TrimSpace(string(line)), nil
		case c == 0x1a: // Ctrl-Z, which is no key of a prompt
		case c == 0x7f || c == '\b':
			line = line[:max(len(line)-1, 0)]
		default:
			line = append(line, c)
		}
	}
}

// refusedError is an answer of the identity provider that pasting again does not change.
type refusedError struct{ error }

func readPasted(text, state string) (code string, err error) {
	if text == "" {
		return "", errors.New("nothing was pasted")
	}
	_, query, isAddress := strings.Cut(text, "?")
	if !isAddress {
		if strings.ContainsAny(text, "/:=& ") {
			return "", errors.New("what was pasted is neither a code nor an address with one")
		}
		return text, nil // PKCE and nonce tie it to this login
	}
	query, _, _ = strings.Cut(query, "#")
	q, err := url.ParseQuery(query)
	if err != nil {
		return "", errors.New("what was pasted is not an address")
	}
	a, belongs := readAnswer(q, state)
	if !belongs {
		return "", errors.New("what was pasted does not belong to this login (state)")
	}
	if a.err != nil {
		return "", refusedError{a.err}
	}
	return a.code, nil
}
