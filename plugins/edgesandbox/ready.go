package edgesandbox

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func newReadyCmd(s streams) *cobra.Command {
	timeout := time.Minute
	cmd := &cobra.Command{
		Use:     "ready",
		Short:   "Wait until the sandbox answers",
		Args:    cobra.NoArgs,
		Example: "  edge-sandbox ready --timeout 30s",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			if err := whenReady(ctx); err != nil {
				return err
			}
			_, err := fmt.Fprintln(s.Out, "ready")
			return err
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "how long to wait")
	return cmd
}

// whenReady asks until there is an answer.
func whenReady(ctx context.Context) error {
	const pause = 100 * time.Millisecond
	for {
		err := call(ctx, http.MethodGet, "/sandbox/settings", nil, nil)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", err)
		case <-time.After(pause):
		}
	}
}
