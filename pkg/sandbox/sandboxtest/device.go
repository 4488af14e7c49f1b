package sandboxtest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
)

// ConnectDevice does what a person does at a device's verification_uri_complete.
func ConnectDevice(ctx context.Context, client *http.Client, verificationURIComplete, email, password string,
	allow bool) error {
	resp, err := signin.Submit(ctx, client, verificationURIComplete, email, password, allow)
	if err != nil {
		return fmt.Errorf("connect device: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("connect device: %s", resp.Status)
	}
	return nil
}
