package edge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/webbrowser"
)

type uiOptions struct {
	*app
	which      instanceFlags
	life       time.Duration
	clearAfter time.Duration
	print      bool
	patience   patienceFlags
	clipboard  clipboardAccess
}

func newUICmd(a *app) *cobra.Command {
	o := &uiOptions{app: a, life: profile.DefaultExpiration, clearAfter: time.Minute, clipboard: systemClipboard()}
	cmd := &cobra.Command{
		Use:        "ui [INSTANCE]",
		SuggestFor: []string{"open", "browse", "dashboard", "console", "web"},
		Short:      "Open an instance's web UI, with a token for it on the clipboard",
		Long: `Open an instance's web UI, with a token for it on the clipboard.

The UI asks for a "Cluster Token": paste. The token is a new one and short-lived. It is taken off the clipboard after a
minute, or at once with Ctrl-C, unless something else is there by then.

Whether there is a browser and a clipboard is found out before the token is made. On Linux the browser is that of
BROWSER, if it is set, else the system's. Without one the address is shown; without a clipboard the token is printed if
that is a terminal. With --print the address goes to standard error and the token to standard output, and nothing is
opened.`,
		Example: `  kubectl edge ui
  kubectl edge ui demo --print`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	o.which.addFlags(cmd.Flags())
	cmd.Flags().VarP((*expiration.Flag)(&o.life), "expiration", "e",
		"how long the token is valid, such as 15m or 8h: 10m to 180d")
	cmd.Flags().DurationVar(&o.clearAfter, "clear-after", o.clearAfter, "how long the token stays on the clipboard")
	cmd.Flags().BoolVar(&o.print, "print", false, "open nothing, and print the token")
	o.patience.addFlags(cmd.Flags())
	return cmd
}

func (o *uiOptions) validate(args []string) error {
	if err := o.which.takeAny(args); err != nil {
		return err
	}
	if o.clearAfter <= 0 {
		return fmt.Errorf("--clear-after %s: want a time such as 1m", o.clearAfter)
	}
	return o.patience.validate()
}

func (o *uiOptions) run(ctx context.Context) error {
	browser := false // is to be opened
	if !o.print {
		var err error
		if browser, err = o.look(ctx); err != nil {
			return err
		}
	}
	cloud, err := o.projectCloud(ctx)
	if err != nil {
		return err
	}
	if err := o.settle(ctx, &o.which, cloud); err != nil {
		return err
	}
	instance, err := o.which.get(ctx, cloud)
	if err != nil {
		return err
	}
	address, err := frontend(instance.FrontendUrl)
	if err != nil {
		return fmt.Errorf("open the UI of instance %s: %w", instance.Id, err)
	}
	cloud, end := o.waiting(cloud, instance.Id, o.patience)
	e, err := o.minter(cloud.Client).Mint(ctx, cloud.ProjectID, cloud.Region, instance.Id, o.life)
	end()
	if err != nil {
		return err
	}
	if o.print {
		o.Note("%s", address)
		if _, err := fmt.Fprintln(o.Out, e.Token); err != nil || !browser {
			return err
		}
		return o.openBrowser(ctx, address)
	}
	return o.open(ctx, address, e, browser)
}

// look finds out what there is to open the UI with, before a token is minted for it, and says what is missing. Without
// a clipboard a person on a terminal gets the token there; for anybody else that is an error.
func (o *uiOptions) look(ctx context.Context) (browser bool, err error) {
	browser = webbrowser.Found()
	if err := o.clipboardProblem(ctx, o.clipboard); err != nil {
		if ctx.Err() != nil {
			return false, err
		}
		if !plugin.Terminal(o.Out) || !plugin.Terminal(o.ErrOut) {
			return false, hint.Wrap(fmt.Errorf("open the UI: %w", err),
				"install xclip, xsel or wl-clipboard, or print the token with --print")
		}
		o.Note("The token is printed here, since %v.", err)
		o.print = true
	}
	if !browser {
		o.Note("There is no browser here: open the address yourself.")
	}
	return browser, nil
}

// frontend returns the address of a UI if it is one to open and to give a token to.
func frontend(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", fmt.Errorf("the API says that it is at %.200q, which is not an https URL", address)
	}
	return u.String(), nil
}

// open leaves the token on the clipboard for a while.
func (o *uiOptions) open(ctx context.Context, address string, e tokencache.Entry, browser bool) error {
	written := make(chan struct{})
	defer o.clear(ctx, e.Token, written)
	_, err := o.atClipboard(ctx, func() (string, error) {
		defer close(written)
		return "", o.clipboard.write(e.Token)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return hint.Wrap(fmt.Errorf("put the token on the clipboard: %w", err), "print it instead, with --print")
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // a person may close the terminal as soon as the UI is there
	defer stop()
	o.Note("The UI is at %s", address)
	o.Note(`Paste into "Cluster Token". The token leaves the clipboard in %s, or with Ctrl-C; it expires at %s.`,
		o.clearAfter, e.Expires.Local().Format(time.TimeOnly))
	opened := make(chan error, 1)
	if browser {
		go func() { opened <- webbrowser.Open(address) }() // some browsers' launchers wait for them
	}
	wait := time.NewTimer(o.clearAfter)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
			return nil
		case err := <-opened:
			o.noteOpened(err)
			opened = nil
		}
	}
}

// launchTime is how long a browser is waited for: a launcher that cannot open one says so at once, and others end only
// with the browser.
const launchTime = 3 * time.Second

// openBrowser opens the address.
func (o *uiOptions) openBrowser(ctx context.Context, address string) error {
	launching, cancel := context.WithTimeout(ctx, launchTime)
	defer cancel()
	_, err := interrupt.Read(launching, func() (struct{}, error) { return struct{}{}, webbrowser.Open(address) })
	if !errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		o.noteOpened(err)
	}
	return ctx.Err()
}

// noteOpened says what the browser's launcher came to. One that waits for its browser says nothing: a person sees that.
func (o *uiOptions) noteOpened(err error) {
	if err != nil {
		o.Warn("no browser could be opened, open the address yourself: %v", err)
	} else {
		o.Note("It is open in your browser.")
	}
}

// soon is after how long somebody who waits for the end wants to know what goes on.
const soon = 100 * time.Millisecond

// clear takes the token off the clipboard if it is still there, or comes there yet: a write that nobody waits for any
// more goes on. All of it may take no longer than the clipboard may.
func (o *uiOptions) clear(ctx context.Context, token string, written <-chan struct{}) {
	defer time.AfterFunc(soon, func() {
		if ctx.Err() != nil {
			o.Note("Taking the token off the clipboard; Ctrl-C again leaves it there.")
		} else {
			o.Note("Taking the token off the clipboard.")
		}
	}).Stop()
	_, err := o.atClipboard(context.WithoutCancel(ctx), func() (string, error) {
		<-written
		if text, err := o.clipboard.read(); err != nil || text != token {
			return "", err
		}
		return "", o.clipboard.write("")
	})
	if err != nil {
		o.Note("warning: the token may still be on the clipboard: %v", err)
	}
}
