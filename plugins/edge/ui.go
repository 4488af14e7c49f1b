package edge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/signal"
	"syscall"
	"time"

	"github.com/atotto/clipboard"
	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

type uiOptions struct {
	*app
	which      instanceFlags
	life       time.Duration
	clearAfter time.Duration
	print      bool
	patience   patienceFlags
}

func newUICmd(a *app) *cobra.Command {
	o := &uiOptions{app: a, life: profile.DefaultExpiration, clearAfter: time.Minute}
	cmd := &cobra.Command{
		Use:   "ui [INSTANCE]",
		Short: "Open an instance's web UI, with a token for it on the clipboard",
		Long: `Open an instance's web UI, with a token for it on the clipboard.

The UI asks for a "Cluster Token": paste. The token is a new one and short-lived. It is taken off the clipboard after a
minute, or at once with Ctrl-C, unless something else is there by then.

Where there is no browser or no clipboard, --print prints the UI's address on standard error and the token on standard
output.`,
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
	if !o.print && clipboard.Unsupported {
		return hint.Wrap(errors.New("open the UI: this machine has no clipboard that can be used"),
			"install xclip, xsel or wl-clipboard, or print the token with --print")
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
		_, err := fmt.Fprintln(o.Out, e.Token)
		return err
	}
	return o.open(ctx, address, e)
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
func (o *uiOptions) open(ctx context.Context, address string, e tokencache.Entry) error {
	if err := clipboard.WriteAll(e.Token); err != nil {
		return hint.Wrap(fmt.Errorf("put the token on the clipboard: %w", err), "print it instead, with --print")
	}
	defer o.clear(e.Token)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // a person may close the terminal as soon as the UI is there
	defer stop()
	o.Note("Opening %s", address)
	o.Note(`Paste into "Cluster Token". The token leaves the clipboard in %s, or with Ctrl-C; it expires at %s.`,
		o.clearAfter, e.Expires.Local().Format(time.TimeOnly))
	opened := make(chan error, 1)
	go func() { opened <- login.OpenBrowser(address) }() // some browsers' launchers wait for them
	wait := time.NewTimer(o.clearAfter)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
			return nil
		case err := <-opened:
			if err != nil {
				o.Note("warning: no browser could be opened, open the address yourself: %v", err)
			}
			opened = nil
		}
	}
}

// clear takes the token off the clipboard if it is still there.
func (o *uiOptions) clear(token string) {
	text, err := clipboard.ReadAll()
	if err == nil && text != token {
		return
	}
	if err == nil {
		err = clipboard.WriteAll("")
	}
	if err != nil {
		o.Note("warning: the token may still be on the clipboard: %v", err)
	}
}
