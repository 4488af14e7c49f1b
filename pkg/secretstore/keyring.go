package secretstore

import (
	"fmt"
	"sync"
	"time"

	"github.com/zalando/go-keyring"
)

// Keyring holds small secrets for the user, by service and user name. Get returns keyring.ErrNotFound (of
// zalando/go-keyring) for what is not there.
type Keyring interface {
	Get(service, user string) (string, error)
	Set(service, user, password string) error
	Delete(service, user string) error
}

// osKeyring is the Secret Service over D-Bus, the macOS Keychain or the Windows Credential Manager.
type osKeyring struct{}

func (osKeyring) Get(service, user string) (string, error) {
	if err := reachable(); err != nil {
		return "", err
	}
	password, err := keyring.Get(service, user)
	return password, plain(err)
}

func (osKeyring) Set(service, user, password string) error {
	if err := reachable(); err != nil {
		return err
	}
	return plain(keyring.Set(service, user, password))
}

func (osKeyring) Delete(service, user string) error {
	if err := reachable(); err != nil {
		return err
	}
	return plain(keyring.Delete(service, user))
}

// boundedKeyring gives every call a time limit, and after one that did not answer makes no other: D-Bus may hang, or
// wait for a person to unlock the keyring.
type boundedKeyring struct {
	keyring Keyring
	service string
	timeout time.Duration

	mu   sync.Mutex
	hung error
}

func (k *boundedKeyring) get(user string) (string, error) {
	var password string
	err := k.call(func() (err error) {
		password, err = k.keyring.Get(k.service, user)
		return err
	})
	if err != nil {
		return "", err // password may still be written to
	}
	return password, nil
}

func (k *boundedKeyring) set(user, password string) error {
	return k.call(func() error { return k.keyring.Set(k.service, user, password) })
}

func (k *boundedKeyring) delete(user string) error {
	return k.call(func() error { return k.keyring.Delete(k.service, user) })
}

// call abandons a call that does not answer: there is no way to cancel one.
func (k *boundedKeyring) call(f func() error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.hung != nil {
		return k.hung
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(k.timeout)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		k.hung = fmt.Errorf("the keyring did not answer within %v: it hangs, or waits to be unlocked", k.timeout)
		return k.hung
	}
}
