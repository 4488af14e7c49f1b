package sts

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

func newLogoutCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Delete the tokens that were minted for you",
		Long: `Delete the tokens that kubectl sts minted for you on this machine, from the cache and from the server of the context.

The context and its own token stay: kubectl sts context delete removes them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.logout(cmd.Context()) },
	}
}

func (a *app) logout(ctx context.Context) error {
	s, err := a.settings(ctx)
	if err != nil {
		return err
	}
	// The cache first: it needs no server.
	if err := a.forgetCached(s, func(string) bool { return true }); err != nil {
		return err
	}
	records, err := a.journal().List(s.url)
	if err != nil {
		return withCode(exitRead, err)
	}
	ids := []int64{}
	if len(records) > 0 {
		client, err := a.connect(ctx, s)
		if err != nil {
			return hint.Wrap(fmt.Errorf("%d minted tokens may still be on the server: %w", len(records), err), "kubectl sts logout, once the server can be reached")
		}
		deleted, err := a.minter(client).Delete(ctx, records)
		for _, t := range deleted {
			ids = append(ids, t.ID)
		}
		if err != nil {
			return err
		}
	}
	if a.json() {
		return a.printJSON(deletedJSON(ids, true))
	}
	a.success("Logged out of %s, minted tokens deleted: %d", s.url, len(ids))
	return nil
}
