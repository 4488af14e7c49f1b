package stackstate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

const minimumVersion = "5.0.0"

// ServerInfo is what a server says of itself to everybody with a valid credential.
type ServerInfo struct {
	Version            ServerVersion `json:"version"`
	DeploymentMode     string        `json:"deploymentMode"`            // Saas or SelfHosted
	PlatformVersion    string        `json:"platformVersion,omitempty"` // semantic version
	ApplicationDomains []string      `json:"applicationDomains"`        // Observability, Security
}

// ServerVersion is the version of a server.
type ServerVersion struct {
	Major  int    `json:"major"`
	Minor  int    `json:"minor"`
	Patch  int    `json:"patch"`
	Diff   string `json:"diff"`
	Commit string `json:"commit"`
	IsDev  bool   `json:"isDev"`
}

// String is major.minor.patch[+diff][-commit][-dev].
func (v ServerVersion) String() string {
	text := fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	if v.Diff != "" {
		text += "+" + v.Diff
	}
	if v.Commit != "" {
		text += "-" + v.Commit
	}
	if v.IsDev {
		text += "-dev"
	}
	return text
}

// tooOld compares with 5.0.0 as the real CLI does, by semantic versioning: 5.0.0-dev and 5.0.0-COMMIT come before it,
// and what follows a plus sign does not count.
func (v ServerVersion) tooOld() bool {
	if v.Major != 5 || v.Minor != 0 || v.Patch != 0 {
		return v.Major < 5
	}
	return v.Diff == "" && (v.Commit != "" || v.IsDev)
}

// ServerInfo asks for the server's version; every credential that is valid may.
func (c *Client) ServerInfo(ctx context.Context) (ServerInfo, error) {
	var info ServerInfo
	if err := c.call(ctx, http.MethodGet, "/server/info", nil, &info); err != nil {
		return ServerInfo{}, &ConnectError{c.APIURL(), err}
	}
	return info, nil
}

// Connect is ServerInfo for a client that goes on: it also wants a version that it can speak to.
func (c *Client) Connect(ctx context.Context) (ServerInfo, error) {
	info, err := c.ServerInfo(ctx)
	if err == nil && info.Version.tooOld() {
		err = &VersionError{c.APIURL(), info.Version}
	}
	return info, err
}

// AvailableRoles returns the roles that the credential has.
func (c *Client) AvailableRoles(ctx context.Context) ([]string, error) {
	var answer struct {
		Roles []string `json:"roles"`
	}
	err := c.call(ctx, http.MethodGet, "/user/session/availableRoles", nil, &answer)
	return answer.Roles, err
}

func statusOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.StatusCode
	}
	return 0
}
