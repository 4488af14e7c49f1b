package stackstate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

const (
	// cleanupTimeout bounds the search for a token that may or may not exist.
	cleanupTimeout = 15 * time.Second
	// settleTime is how long after a request without an answer its token may still appear on the server.
	settleTime = 10 * time.Minute
)

// Minter makes service tokens with an end, and deletes them.
type Minter struct {
	Client  *Client
	Journal Journal
	Now     func() time.Time
}

// Mint makes a service token that ends after ttl. r says what to record of it; its name, times and Pending are set
// here. The record stays pending until Deliver. An attempt that fails leaves no token behind: where the server may have
// made one all the same, it is looked for by name and deleted, and if that is not possible either it stays on record.
func (m Minter) Mint(ctx context.Context, r Record, ttl time.Duration) (ServiceTokenCreatedResponse, Record, error) {
	r.Name = newName()
	r.Created = m.Now().UTC()
	// Whole milliseconds, as on the wire.
	r.Expires = time.UnixMilli(r.Created.Add(ttl).UnixMilli()).UTC()
	r.Pending = true
	if err := m.Journal.Put(r); err != nil {
		return ServiceTokenCreatedResponse{}, r, err
	}
	created, err := m.Client.CreateServiceToken(ctx, NewServiceTokenRequest{
		Name: r.Name, Roles: r.Roles, ExpiryDate: r.Expires.UnixMilli(),
	})
	if err == nil {
		return created, r, nil
	}
	err = fmt.Errorf("mint a service token: %w", err)
	if !Ambiguous(err) {
		return ServiceTokenCreatedResponse{}, r, errors.Join(err, m.Journal.Delete(r.Name))
	}
	// Anyone who gave up waiting still wants nothing left behind.
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if _, cleanupErr := m.Delete(cleanup, []Record{r}); cleanupErr != nil {
		err = hint.Wrap(fmt.Errorf("%w; a token named %s may exist on the server", err, r.Name),
			"kubectl sts service-token delete --mine")
	}
	return ServiceTokenCreatedResponse{}, r, err
}

// Deliver records that a minted token has reached the one who asked for it.
func (m Minter) Deliver(r Record) error {
	r.Pending = false
	return m.Journal.Put(r)
}

// Delete deletes the tokens of these records on the server, as far as they are there, and forgets them. It returns the
// tokens that were there. All are tried; a record stays if its token may still be there, or may yet appear.
func (m Minter) Delete(ctx context.Context, records []Record) ([]ServiceToken, error) {
	if len(records) == 0 {
		return nil, nil
	}
	tokens, err := m.Client.ServiceTokens(ctx)
	if err != nil {
		return nil, fmt.Errorf("list service tokens: %w", err)
	}
	byName := map[string]ServiceToken{}
	for _, t := range tokens {
		byName[t.Name] = t
	}
	var deleted []ServiceToken
	var errs []error
	for _, r := range records {
		t, ok := byName[r.Name]
		if ok {
			if err := m.Client.DeleteServiceToken(ctx, t.ID); err != nil && statusOf(err) != 404 {
				errs = append(errs, fmt.Errorf("delete service token %s: %w", r.Name, err))
				continue
			}
			deleted = append(deleted, t)
		} else if r.Pending && m.Now().Before(r.Created.Add(settleTime)) {
			continue
		}
		errs = append(errs, m.Journal.Delete(r.Name))
	}
	return deleted, errors.Join(errs...)
}
