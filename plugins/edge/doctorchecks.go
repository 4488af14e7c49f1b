package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

const (
	// doctorTimeout bounds each thing that doctor waits for.
	doctorTimeout = 10 * time.Second
	// goodSkew is by how much the clocks may differ without anything noticing it, maxSkew when tokens begin to be
	// refused.
	goodSkew = 30 * time.Second
	maxSkew  = time.Minute
)

func checkProfile(w workplace) diagnosis.Check {
	switch {
	case w.ProjectID == "":
		return diagnosis.Warned("configuration", w.Command("use"),
			"profile %s has no project, so every command needs --project-id", w.Name)
	case w.origins.project != "profile "+w.Name:
		return diagnosis.Passed("configuration", "profile %s, project %s (%s), region %s", w.Name, w.ProjectID,
			w.origins.project, w.Scope.Region)
	}
	return diagnosis.Passed("configuration", "profile %s, project %s, region %s", w.Name, w.ProjectID, w.Scope.Region)
}

func checkSecrets(account *login.Account) diagnosis.Check {
	secrets := account.Secrets
	l, err := secrets.Location()
	if err == nil {
		err = secrets.CheckKey()
	}
	switch {
	case err != nil:
		return diagnosis.Failed("secrets", account.KeyError(err), account.Command("status"))
	case l.KeyIn == secretstore.InKeyring:
		return diagnosis.Passed("secrets", "sealed in %s, the key is in the system's keyring", l.Path)
	case l.KeyIn == secretstore.InFile:
		return diagnosis.Warned("secrets", "on a machine with a keyring: kubectl edge config rotate-key",
			"sealed, the key is in a file only you can read, %s: %s", l.Path, l.Reason)
	default:
		return diagnosis.Passed("secrets", "none are stored")
	}
}

// checkEndpoints asks every endpoint, without a credential, for anything at all, and compares the clocks.
func (a *app) checkEndpoints(ctx context.Context, s profile.Scope, client *http.Client) []diagnosis.Check {
	endpoints := s.Settings.Endpoints.WithDefaults()
	named := []struct{ name, url string }{
		{"edge endpoint", endpoints.Edge}, {"resource manager endpoint", endpoints.ResourceManager},
		{"identity provider", strings.TrimSuffix(endpoints.IdentityProvider, "/") +
			"/.well-known/openid-configuration"},
	}
	if endpoints.ServiceAccountToken != "" {
		named = append(named, struct{ name, url string }{"service account endpoint", endpoints.ServiceAccountToken})
	}
	checks := make([]diagnosis.Check, len(named))
	skews := make([]time.Duration, len(named))
	known := make([]bool, len(named))
	var group sync.WaitGroup
	for i, e := range named {
		group.Go(func() { checks[i], skews[i], known[i] = a.checkEndpoint(ctx, client, e.name, e.url) })
	}
	group.Wait()
	var worst time.Duration
	for i, skew := range skews {
		if known[i] && skew.Abs() > worst.Abs() {
			worst = skew
		}
	}
	if !slices.Contains(known, true) {
		return checks
	}
	return append(checks, checkSkew(worst))
}

func checkSkew(skew time.Duration) diagnosis.Check {
	detail := "this machine's clock is right within a few seconds"
	if skew.Abs() > goodSkew {
		ahead := "behind"
		if skew > 0 {
			ahead = "ahead"
		}
		detail = fmt.Sprintf("this machine's clock is %v %s of the servers'", skew.Abs().Round(time.Second), ahead)
	}
	switch {
	case skew.Abs() > maxSkew:
		return diagnosis.Failed("clock", errors.New(detail), "set the clock, or turn on its synchronization")
	case skew.Abs() > goodSkew:
		return diagnosis.Warned("clock", "set the clock, or turn on its synchronization", "%s", detail)
	}
	return diagnosis.Passed("clock", "%s", detail)
}

// checkEndpoint reports how far this machine's clock is ahead of the endpoint's, if that says its time.
func (a *app) checkEndpoint(ctx context.Context, client *http.Client, name, address string) (c diagnosis.Check,
	skew time.Duration, known bool) {
	const next = "check the network, proxies (HTTPS_PROXY) and, for a TLS error, certificate-authority: kubectl edge " +
		"config get"
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return diagnosis.Failed(name, err, next), 0, false
	}
	response, err := client.Do(request)
	if err != nil {
		return diagnosis.Failed(name, kubeapi.Unreachable(request.URL.Host, err), next), 0, false
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // lets the connection be used again
	if response.StatusCode >= 500 {
		return diagnosis.Warned(name, "try again in a moment", "%s answers %s", request.URL.Host, response.Status), 0,
			false
	}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		skew, known = a.Now().Sub(date), true
	}
	return diagnosis.Passed(name, "%s answers", request.URL.Host), skew, known
}

func checkKubectl() diagnosis.Check {
	path, err := exec.LookPath("kubectl")
	if err != nil {
		return diagnosis.Warned("kubectl", "https://kubernetes.io/docs/tasks/tools/", "it is not in PATH")
	}
	return diagnosis.Passed("kubectl", "%s", path)
}

func (a *app) checkCache() diagnosis.Check {
	const name = "cache"
	store, err := a.cache()
	switch {
	case err != nil:
		return diagnosis.Failed(name, err,
			"kubectl edge config set "+tokencache.Setting+" '', or "+hint.Unset(tokencache.Variable))
	case store.OffBy() != "":
		return diagnosis.Warned(name, cacheAgain(store), "turned off by %s, so every command mints a token",
			store.OffBy())
	}
	if err := store.Prepare(); err != nil {
		return diagnosis.Failed(name, fmt.Errorf("%s cannot be used, so every command mints a token: %w", store.Dir(),
			err),
			cmp.Or(hint.Of(err), "make it a folder of your own with mode 0700, or remove it"))
	}
	return diagnosis.Passed(name, "%s", store.Dir())
}
