package sts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

type deleteOptions struct {
	*app
	ids    []int64
	filter tokenFilter
	yes    bool
}

func newServiceTokenDeleteCmd(a *app) *cobra.Command {
	o := deleteOptions{app: a}
	cmd := &cobra.Command{
		Use:   "delete ID... | --id ID | --name NAME | --expired | --mine",
		Short: "Delete service tokens",
		Long: `Delete service tokens, and the subjects dedicated to them.

IDs are deleted at once. With --name, --expired or --mine those tokens are deleted for which all of them hold, after
they were shown and you agreed.`,
		Example: `  kubectl sts service-token delete 107484341630693
  kubectl sts service-token delete --expired
  kubectl sts service-token delete --mine --yes`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(args); err != nil {
				return usage(hint.Wrap(err, "%s --help", cmd.CommandPath()))
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.Int64SliceVarP(&o.ids, "id", "i", nil, "ID of a service token (repeatable)")
	f.StringSliceVarP(&o.filter.names, "name", "n", nil, "all tokens of this name (repeatable)")
	f.BoolVar(&o.filter.expired, "expired", false, "all tokens that have ended")
	f.BoolVar(&o.filter.mine, "mine", false, "all tokens that kubectl sts minted for you on this machine")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	return cmd
}

func (o *deleteOptions) complete(args []string) error {
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not the ID of a service token", arg)
		}
		o.ids = append(o.ids, id)
	}
	switch {
	case len(o.ids) == 0 && !o.filter.any():
		return errors.New("which service tokens? give IDs, --name, --expired or --mine")
	case len(o.ids) > 0 && o.filter.any():
		return errors.New("IDs exclude --name, --expired and --mine")
	}
	return nil
}

func (o *deleteOptions) run(ctx context.Context) error {
	s, err := o.settings(ctx)
	if err != nil {
		return err
	}
	client, err := o.connect(ctx, s)
	if err != nil {
		return err
	}
	if len(o.ids) > 0 {
		return o.deleteAll(ctx, client, s, o.ids, o.mintedNames(ctx, client, s))
	}
	tokens, err := o.filtered(ctx, client, s, o.filter)
	if err != nil {
		return err
	}
	for _, name := range o.filter.names { // as an ID that is not there is an error
		if !slices.ContainsFunc(tokens, func(t stackstate.ServiceToken) bool { return t.Name == name }) {
			return withCode(exitResponse, hint.Wrap(fmt.Errorf("delete service token %q: not found", name),
				"kubectl sts service-token list"))
		}
	}
	if len(tokens) == 0 {
		if o.json() {
			return o.printJSON(map[string]any{"deleted-service-tokens": []int64{}})
		}
		fmt.Fprintln(o.Out, "No service tokens found.")
		return nil
	}
	ok, err := o.confirm(ctx, tokens)
	if err != nil {
		return err
	}
	if !ok {
		o.Note("nothing was deleted")
		return nil
	}
	names := map[int64]string{}
	for _, t := range tokens {
		o.ids = append(o.ids, t.ID)
		names[t.ID] = t.Name
	}
	return o.deleteAll(ctx, client, s, o.ids, names)
}

// mintedNames are the names of the tokens that were minted here, so that their deletion is noticed here too. They are
// asked for only if there are any; without the permission to list tokens there are none.
func (o *deleteOptions) mintedNames(ctx context.Context, client *stackstate.Client, s settings) map[int64]string {
	names := map[int64]string{}
	if records, err := o.journal().List(s.url); err != nil || len(records) == 0 {
		return names
	}
	tokens, err := o.filtered(ctx, client, s, tokenFilter{mine: true})
	if err != nil {
		return names
	}
	for _, t := range tokens {
		names[t.ID] = t.Name
	}
	return names
}

// confirm shows what is to be deleted and asks.
func (o *deleteOptions) confirm(ctx context.Context, tokens []stackstate.ServiceToken) (bool, error) {
	if o.yes {
		return true, nil
	}
	if !plugin.Terminal(o.In) {
		return false, usage(hint.Wrap(fmt.Errorf("%s would be deleted, and nobody can be asked",
			plugin.Count(len(tokens), "service token")),
			"--yes"))
	}
	if err := o.tokenTable(o.ErrOut, tokens); err != nil {
		return false, err
	}
	return o.Ask(ctx, fmt.Sprintf("Delete %s?", plugin.Count(len(tokens), "service token")))
}

// deleteAll tries all ids, and forgets what is recorded of the names that go with them.
func (o *deleteOptions) deleteAll(ctx context.Context, client *stackstate.Client, s settings, ids []int64,
	names map[int64]string) error {
	var errs []error
	deleted := []int64{}
	for _, id := range ids {
		if err := client.DeleteServiceToken(ctx, id); err != nil {
			errs = append(errs, fmt.Errorf("delete service token %d: %w", id, err))
			continue
		}
		deleted = append(deleted, id)
		if !o.json() {
			o.success("Service token deleted: %d", id)
		}
		if names[id] != "" {
			errs = append(errs, withCode(exitWrite, o.journal().Delete(names[id])))
		}
	}
	if err := o.forgetCached(func(f tokencache.File) bool {
		return f.Entry.Labels.Instance == s.url &&
			slices.ContainsFunc(deleted, func(id int64) bool { return names[id] == f.Entry.Labels.Principal })
	}); err != nil {
		errs = append(errs, err)
	}
	if o.json() && len(deleted) > 0 {
		errs = append(errs, o.printJSON(deletedJSON(deleted, o.filter.any())))
	}
	return errors.Join(errs...)
}

// deletedJSON is what sts prints for one ID, and its plural for others.
func deletedJSON(deleted []int64, list bool) any {
	if len(deleted) == 1 && !list {
		return map[string]int64{"deleted-service-token": deleted[0]}
	}
	return map[string][]int64{"deleted-service-tokens": deleted}
}

// forgetCached removes cached tokens.
func (a *app) forgetCached(match func(tokencache.File) bool) error {
	_, err := tokencache.All(a.cacheDirs).Clean(match)
	return withCode(exitWrite, err)
}
