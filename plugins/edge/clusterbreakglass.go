package edge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/execcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// breakGlass has a person agree to being given the administrators' own credentials. Each time that the helper hands one
// out, it marks the edge cluster with who was given it.
func (o *kubeconfigCreateOptions) breakGlass(ctx context.Context, places []*place) error {
	var names []string
	for _, p := range places {
		names = append(names, p.cluster.String())
	}
	o.Note("--break-glass hands out the administrator's own credential of %s. It may do everything there, the audit "+
		"log "+
		"shows no name for it, and nobody can withdraw it. The edge cluster is marked with your name.",
		strings.Join(names, ", "))
	word := places[0].cluster.Name
	if len(places) > 1 {
		word = "all"
	}
	if err := o.ConfirmTyped(ctx, o.rights.yes, word); err != nil {
		return err
	}
	for _, p := range places {
		if err := o.agreeToBreakGlass(p.request); err != nil {
			return err
		}
	}
	return nil
}

// A kubeconfig is untrusted input, and may be anybody's: what asks for the administrator's credential in it counts only
// if the person who is logged in has agreed to that on this machine. A file for each request, in the folder of the
// state, says so.

func (a *app) breakGlassFile(target tokenrequest.Target) string {
	key := tokencache.KeyOf("break-glass", append(target.Args(), target.Principal)...)
	return filepath.Join(a.dirs.State, "break-glass", key.String())
}

// agreeToBreakGlass keeps that the person who is logged in has agreed to be given what the request asks for.
func (a *app) agreeToBreakGlass(request tokenrequest.Request) error {
	if a.Getenv(execcredential.Variable) != "" { // a kubeconfig can name this command as well
		return errors.New("--break-glass is agreed to by a person, and not by the exec section of a kubeconfig")
	}
	target, err := request.Resolve(a.dirs, a.Getenv)
	if err != nil {
		return err
	}
	path := a.breakGlassFile(target)
	if err := securefile.MakeDir(filepath.Dir(path)); err != nil {
		return err
	}
	return atomicfile.WriteOwn(path, []byte(a.Now().UTC().Format(time.RFC3339)+"\n"))
}

// agreedToBreakGlass reports whether the person who is logged in has agreed to be given what the target is.
func (a *app) agreedToBreakGlass(target tokenrequest.Target) error {
	_, err := securefile.ReadOwn(a.breakGlassFile(target), securefile.Private)
	if err == nil && !a.foreign {
		return nil
	}
	return hint.Wrap(fmt.Errorf("the kubeconfig asks for the administrator's own credential of edge cluster %q, and "+
		"nobody has agreed to that with this login on this machine", target.Cluster),
		"if you want it: %s; if somebody sent you the kubeconfig, ask them what for",
		tokenrequest.Repair(target.Request))
}

// disagreeToBreakGlass forgets that the person who is logged in has agreed to what the contexts, which are gone, asked
// for. The mark of the edge cluster stays: it says what was.
func (a *app) disagreeToBreakGlass(gone []kubeconfig.EdgeContext) error {
	for _, c := range gone {
		target, err := c.Request.Resolve(a.dirs, a.Getenv)
		if err != nil {
			continue // of a profile that is gone: nothing is handed out for it
		}
		if err := os.Remove(a.breakGlassFile(target)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// administrators are the contexts that ask for an administrator's own credential.
func administrators(config *api.Config) []kubeconfig.EdgeContext {
	return slices.DeleteFunc(kubeconfig.EdgeContexts(config), func(c kubeconfig.EdgeContext) bool {
		return c.Request.Credential != tokenrequest.Administrator
	})
}

// without returns those contexts that ask for something that none of the others does.
func without(contexts, others []kubeconfig.EdgeContext) []kubeconfig.EdgeContext {
	return slices.DeleteFunc(contexts, func(c kubeconfig.EdgeContext) bool {
		return slices.ContainsFunc(others, func(o kubeconfig.EdgeContext) bool { return o.Request == c.Request })
	})
}
