package stackstate

import (
	"context"
	"net/http"
)

// Agent is the registration of an agent.
type Agent struct {
	ID              string     `json:"agentId"`
	Lease           string     `json:"lease"`             // Active, Limited or Stale
	LeaseUntil      int64      `json:"leaseUntilEpochMs"` // epoch milliseconds
	Registered      int64      `json:"registeredEpochMs"` // epoch milliseconds
	Data            *AgentData `json:"agentData,omitempty"`
	NodeBudgetCount int        `json:"nodeBudgetCount"` // of nodes with 4 processors and 16 GB
}

// AgentData is the machine of an agent.
type AgentData struct {
	Platform      string `json:"platform"`
	CoreCount     int    `json:"coreCount"`
	MemoryBytes   int64  `json:"memoryBytes"`
	KernelVersion string `json:"kernelVersion"`
}

// Agents lists the agents, in the server's order.
func (c *Client) Agents(ctx context.Context) ([]Agent, error) {
	var answer struct {
		Agents []Agent `json:"agents"`
	}
	err := c.call(ctx, http.MethodGet, "/agents", nil, &answer)
	return answer.Agents, err
}
