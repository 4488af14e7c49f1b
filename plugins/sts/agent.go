package sts

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

func newAgentCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "agent", Short: "Show the agents that send data"}
	cmd.AddCommand(&cobra.Command{
		Use:     "list",
		Short:   "List all agents with their leases",
		Example: `  kubectl sts agent list`,
		Args:    cobra.NoArgs,
		RunE: a.withServer(func(ctx context.Context, c *stackstate.Client) error {
			agents, err := c.Agents(ctx)
			if err != nil {
				return fmt.Errorf("list agents: %w", err)
			}
			slices.SortFunc(agents, func(x, y stackstate.Agent) int {
				return cmp.Or(cmp.Compare(x.Lease, y.Lease), cmp.Compare(x.Registered, y.Registered))
			})
			if a.json() {
				return a.printJSON(map[string]any{"agents": append([]stackstate.Agent{}, agents...)})
			}
			return a.agentTable(agents)
		}),
	})
	return cmd
}

func (a *app) agentTable(agents []stackstate.Agent) error {
	const megabyte = 1 << 20
	when := func(ms int64) string { return millis(ms).In(time.Local).Format("2006-01-02 15:04:05 MST") }
	nodes := map[string]int{}
	var rows [][]string
	for _, agent := range agents {
		nodes[agent.Lease] += agent.NodeBudgetCount
		data := agent.Data
		if data == nil {
			data = &stackstate.AgentData{}
		}
		rows = append(rows, []string{
			agent.ID, agent.Lease, when(agent.Registered), when(agent.LeaseUntil), strconv.Itoa(data.CoreCount),
			fmt.Sprintf("%dMB", data.MemoryBytes/megabyte), data.Platform, data.KernelVersion,
			strconv.Itoa(agent.NodeBudgetCount),
		})
	}
	header := []string{"HOST", "LEASE", "REGISTERED", "LAST LEASE", "CPUS", "MEMORY", "PLATFORM", "KERNEL", "# NODES"}
	if err := a.table(a.Out, header, rows, "No agents found."); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.Out, "\nTotals: %d active, %d limited, %d stale\n", nodes["Active"], nodes["Limited"],
		nodes["Stale"])
	return err
}
