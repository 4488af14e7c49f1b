package login

import (
	"context"
	"errors"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
)

// deafKeyring keeps one password at a time, and once it is deaf it answers nothing.
type deafKeyring struct {
	password *string
	deaf     chan struct{} // closed once a question waits
}

func (k deafKeyring) Get(string, string) (string, error) {
	if k.deaf != nil {
		close(k.deaf)
		select {}
	}
	return *k.password, nil
}

func (k deafKeyring) Set(_, _, password string) error {
	*k.password = password
	return nil
}

func (deafKeyring) Delete(string, string) error { return nil }

// Ctrl-C leaves a keyring behind that does not answer.
func TestSlowKeyringIsLeftBehind(t *testing.T) {
	w := newWorld(t)
	a := w.account()
	var password string
	store := func(deaf chan struct{}) *secretstore.Store {
		return secretstore.Open(secretstore.Options{Dir: a.Dirs.State + "/secrets",
			Keyring: deafKeyring{&password, deaf}})
	}
	a.Secrets = store(nil)
	if _, err := a.Login(t.Context(), w.keyFile()); err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{})
	a.Secrets = store(asked)
	source, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := source.Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}
