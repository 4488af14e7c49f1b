package sts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

func newServiceTokenCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service-token",
		Short: "Manage service tokens",
		Long:  "Manage service tokens: access for programs, not tied to a user.",
	}
	cmd.AddCommand(newServiceTokenCreateCmd(a), newServiceTokenListCmd(a), newServiceTokenDeleteCmd(a))
	return cmd
}

type createOptions struct {
	*app
	name, expiration, ttl, dedicatedSubject string
	format                                  string
	roles                                   []string
}

func newServiceTokenCreateCmd(a *app) *cobra.Command {
	o := createOptions{app: a}
	cmd := &cobra.Command{
		Use:   "create --name NAME --roles ROLE[,ROLE...]",
		Short: "Create a service token",
		Long: `Create a service token. It is shown this once; it is not possible to see it again.

--expiration names the last day on which the token is valid, in your time zone: it ends with that day, and the instant
is printed on stderr. This differs from sts, which sends the start of that day in UTC, so that its token is dead on the
day named.`,
		Example: `  kubectl sts service-token create --name my-service-token \
    --roles stackstate-k8s-troubleshooter --ttl 8h
  kubectl sts service-token create --name ci --roles a,b --expiration 2026-12-31`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.name, "name", "n", "", "name of the service token (required)")
	f.StringSliceVar(&o.roles, "roles", nil, "roles of the service token, separated by commas or repeated (required)")
	f.StringVar(&o.expiration, "expiration", "", "last day of the service token, as yyyy-MM-dd")
	f.StringVar(&o.ttl, "ttl", "", "lifetime of the service token instead, such as 8h or 30d")
	f.StringVar(&o.dedicatedSubject, "dedicated-subject", "",
		"subject to make for this token alone; it is deleted together with the token")
	f.StringVar(&o.dedicatedSubject, "dedicatedSubject", "", "the same, as sts spells it")
	_ = f.MarkHidden("dedicatedSubject") // there is such a flag
	f.StringVarP(&o.format, "output", "o", "text", "text, json, or token for its text alone")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		a.output = o.format
		return checkOutput(o.format, "text", "json", "token")
	}
	return cmd
}

// request is what the flags ask for at now, for a person in this time zone.
func (o *createOptions) request(now time.Time, zone *time.Location) (stackstate.NewServiceTokenRequest, error) {
	req := stackstate.NewServiceTokenRequest{Name: o.name, Roles: o.roles, DedicatedSubject: o.dedicatedSubject}
	var err error
	switch {
	case strings.TrimSpace(o.name) == "":
		err = errors.New(`required flag "name" is not set`)
	case len(o.roles) == 0 || slices.Contains(o.roles, ""):
		err = errors.New(`required flag "roles" is not set, or names an empty role`)
	case o.expiration != "" && o.ttl != "":
		err = errors.New("--expiration and --ttl exclude each other")
	case o.expiration != "":
		var end time.Time
		if end, err = endOfDay(o.expiration, zone); err == nil && !end.After(now) {
			err = fmt.Errorf("--expiration %s is in the past", o.expiration)
		}
		req.ExpiryDate = end.UnixMilli()
	case o.ttl != "":
		var ttl time.Duration
		ttl, err = parseTTL(o.ttl, now)
		req.ExpiryDate = now.Add(ttl).UnixMilli()
	}
	if err != nil {
		return stackstate.NewServiceTokenRequest{}, usage(hint.Wrap(err, "kubectl sts service-token create --help"))
	}
	return req, nil
}

func (o *createOptions) run(ctx context.Context) error {
	req, err := o.request(o.Now(), time.Local)
	if err != nil {
		return err
	}
	s, err := o.settings(ctx)
	if err != nil {
		return err
	}
	client, err := o.connect(ctx, s)
	if err != nil {
		return err
	}
	if err := plugin.Reserve(o.Out); err != nil {
		return hint.Wrap(fmt.Errorf("create service token %q: none was made, since its text has no place: %w",
			o.name, err), "make room, or write it elsewhere, and try again")
	}
	created, err := client.CreateServiceToken(ctx, req)
	if err != nil {
		err = fmt.Errorf("create service token %q: %w", o.name, err)
		if stackstate.Ambiguous(err) {
			return hint.Wrap(err, "it may exist all the same: kubectl sts service-token list")
		}
		return o.explain(s, err)
	}
	switch o.format {
	case "json":
		err = o.printJSON(map[string]any{"service-token": created})
	case "token":
		_, err = fmt.Fprintln(o.Out, created.Token)
	default:
		err = o.secret("Service token created", created.Token)
	}
	if err != nil {
		return hint.Wrap(fmt.Errorf("service token %q exists, but its text could not be written: %w", o.name, err),
			"kubectl sts service-token delete --name %s, then create it again", hint.Word(o.name))
	}
	o.noteEnd(cmp.Or(created.Expiration, req.ExpiryDate))
	return nil
}

// noteEnd says when a token ends, which as JSON is in the answer.
func (o *createOptions) noteEnd(end int64) {
	here, utc := millis(end).In(time.Local).Format(time.RFC3339), millis(end).UTC().Format(time.RFC3339)
	switch {
	case end == 0:
		o.Note("note: this token never ends; --ttl 8h or --expiration yyyy-MM-dd gives it an end")
	case o.json():
	case here == utc:
		o.Note("it ends at %s", utc)
	default:
		o.Note("it ends at %s (%s)", here, utc)
	}
}

// tokenFilter selects service tokens; all of what is set must hold.
type tokenFilter struct {
	expired, mine bool
	names         []string
}

func (f tokenFilter) any() bool { return f.expired || f.mine || len(f.names) > 0 }

func (f tokenFilter) match(t stackstate.ServiceToken, minted map[string]bool, now time.Time) bool {
	return (!f.expired || t.Expired(now)) && (!f.mine || minted[t.Name]) &&
		(len(f.names) == 0 || slices.Contains(f.names, t.Name))
}

// filtered lists the service tokens that f selects, by name as sts has it.
func (a *app) filtered(ctx context.Context, client *stackstate.Client, s settings,
	f tokenFilter) ([]stackstate.ServiceToken, error) {
	tokens, err := client.ServiceTokens(ctx)
	if err != nil {
		return nil, a.explain(s, fmt.Errorf("list service tokens: %w", err))
	}
	records, err := a.journal().List(s.url)
	if err != nil {
		return nil, withCode(exitRead, err)
	}
	minted := map[string]bool{}
	for _, r := range records {
		minted[r.Name] = true
	}
	now := a.Now()
	tokens = slices.DeleteFunc(tokens, func(t stackstate.ServiceToken) bool { return !f.match(t, minted, now) })
	slices.SortStableFunc(tokens, func(x, y stackstate.ServiceToken) int { return strings.Compare(x.Name, y.Name) })
	return tokens, nil
}

func newServiceTokenListCmd(a *app) *cobra.Command {
	var f tokenFilter
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List service tokens",
		Example: `  kubectl sts service-token list
  kubectl sts service-token list --mine --expired`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.settings(cmd.Context())
			if err != nil {
				return err
			}
			client, err := a.connect(cmd.Context(), s)
			if err != nil {
				return err
			}
			tokens, err := a.filtered(cmd.Context(), client, s, f)
			if err != nil {
				return err
			}
			if a.json() {
				return a.printJSON(map[string]any{"service-tokens": tokens})
			}
			return a.tokenTable(a.Out, tokens)
		},
	}
	cmd.Flags().BoolVar(&f.expired, "expired", false, "only those that have ended")
	cmd.Flags().BoolVar(&f.mine, "mine", false, "only those that kubectl sts minted for you on this machine")
	return cmd
}

func (a *app) tokenTable(w io.Writer, tokens []stackstate.ServiceToken) error {
	var rows [][]string
	now := a.Now()
	for _, t := range tokens {
		end := ""
		if t.Expiration != 0 {
			end = shownEnd(millis(t.Expiration), now)
		}
		if t.Expired(now) {
			end += " (expired)"
		}
		rows = append(rows, []string{
			strconv.FormatInt(t.ID, 10), t.Name, end,
			"[" + strings.Join(t.Roles, " ") + "]", cmp.Or(t.DedicatedSubject, "-"),
		})
	}
	return a.table(w, []string{"ID", "NAME", "EXPIRATION", "ROLES", "DEDICATED_SUBJECT"}, rows,
		"No service tokens found.")
}

// shownEnd is the day of an end, as sts shows it, and the time as well where the day says too little.
func shownEnd(end, now time.Time) string {
	end = end.In(time.Local)
	if end.Sub(now).Abs() < 24*time.Hour {
		return end.Format("2006-01-02 15:04")
	}
	return end.Format(time.DateOnly)
}
