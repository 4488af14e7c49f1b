package sts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

func newLogoutCmd(a *app) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Delete the tokens that were minted for you",
		Long: `Delete the tokens that kubectl sts minted for you on this machine, from the cache and from the server
of the context. With --all, those of every server: each is asked as one of its contexts says.

The context and its own token stay: kubectl sts context delete removes them.`,
		Example: `  kubectl sts logout
  kubectl sts logout --all`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if all {
				return a.logoutEverywhere(cmd.Context())
			}
			return a.logout(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "the tokens of all servers, also of contexts that are gone")
	return cmd
}

func (a *app) logout(ctx context.Context) error {
	s, err := a.settings(ctx)
	if err != nil {
		return err
	}
	// The cache first: it needs no server.
	if err := a.forgetCached(func(f tokencache.File) bool { return f.Entry.Labels.Instance == s.url }); err != nil {
		return err
	}
	a.journal().Tidy()
	records, err := a.journal().List(s.url)
	if err != nil {
		return withCode(exitRead, err)
	}
	ids, err := a.deleteMinted(ctx, s, records)
	if err != nil {
		return err
	}
	if a.json() {
		return a.printJSON(deletedJSON(ids, true))
	}
	a.success("Logged out of %s, minted tokens deleted: %d", s.url, len(ids))
	return nil
}

// deleteMinted deletes the tokens of these records on the server of s, and returns their IDs.
func (a *app) deleteMinted(ctx context.Context, s settings, records []stackstate.Record) ([]int64, error) {
	ids := []int64{}
	if len(records) == 0 {
		return ids, nil
	}
	client, err := a.connect(ctx, s)
	if err != nil {
		return ids, hint.Wrap(fmt.Errorf("%d minted tokens may still be on the server: %w", len(records), err),
			"kubectl sts logout, once the server can be reached")
	}
	deleted, err := a.minter(client).Delete(ctx, records)
	for _, t := range deleted {
		ids = append(ids, t.ID)
	}
	return ids, err
}

// logoutEverywhere is logout for the servers of all records. What one of them does not do keeps no other from it.
func (a *app) logoutEverywhere(ctx context.Context) error {
	file, err := a.loadConfig()
	if err != nil {
		return err
	}
	errs := []error{a.forgetCached(func(f tokencache.File) bool { // kubectl edge has its own in the same cache
		return strings.HasPrefix(f.Entry.Labels.Principal, stackstate.NamePrefix)
	})}
	a.journal().Tidy()
	records, err := a.journal().List("")
	if err != nil {
		return withCode(exitRead, err)
	}
	byServer := map[string][]stackstate.Record{}
	var servers []string
	for _, r := range records {
		if byServer[r.URL] == nil {
			servers = append(servers, r.URL)
		}
		byServer[r.URL] = append(byServer[r.URL], r)
	}
	slices.Sort(servers)
	all := []int64{}
	for _, server := range servers {
		ids, err := a.logoutOf(ctx, file, server, byServer[server])
		all = append(all, ids...)
		if err != nil {
			errs = append(errs, fmt.Errorf("log out of %s: %w", server, err))
		} else if !a.json() {
			a.success("Logged out of %s, minted tokens deleted: %d", server, len(ids))
		}
	}
	if a.json() {
		errs = append(errs, a.printJSON(deletedJSON(all, true)))
	} else if len(servers) == 0 {
		a.success("Logged out; no tokens are on record.")
	}
	return errors.Join(errs...)
}

// logoutOf tries the contexts of a server, the one that minted first, and then what flags and environment say.
func (a *app) logoutOf(ctx context.Context, file *stsconfig.File, server string, records []stackstate.Record) ([]int64,
	error) {
	var names []string
	for _, r := range records {
		if c, ok := file.Get(r.Context); ok && c.URL == server && !slices.Contains(names, r.Context) {
			names = append(names, r.Context)
		}
	}
	for _, c := range file.Contexts() {
		if c.Context.URL == server && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	var errs []error
	deleted := []int64{}
	for _, name := range names {
		s, err := resolve(&globalFlags{context: name}, func(string) string { return "" }, file)
		if err == nil {
			var ids []int64
			ids, err = a.deleteMinted(ctx, s, records)
			deleted = append(deleted, ids...)
		}
		if err == nil {
			return deleted, nil
		}
		errs = append(errs, fmt.Errorf("as context %q: %w", name, err))
	}
	given, err := resolve(&a.globalFlags, a.Getenv, &stsconfig.File{})
	if err == nil && given.url == server && !given.source.Default {
		if err := a.readStdin(ctx, &given.source); err != nil {
			return deleted, err
		}
		ids, err := a.deleteMinted(ctx, given, records)
		return append(deleted, ids...), err
	}
	if len(errs) > 0 {
		return deleted, errors.Join(errs...)
	}
	last := slices.MaxFunc(records, func(x, y stackstate.Record) int { return x.Expires.Compare(y.Expires) })
	return deleted, withCode(exitNoContext, hint.Wrap(
		fmt.Errorf("there is no context of it any more; minted tokens that may still be there: %d, the last ends at %s",
			len(records), last.Expires.Local().Format("2006-01-02 15:04")),
		"kubectl sts logout --all --url %s --service-token-stdin < FILE", hint.Word(server)))
}
