package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	createBerlin  = createDemo + " --cluster berlin"
	bindBerlin    = createBerlin + " --bind --yes"
	berlinContext = demoContext + "_berlin"
	glassContext  = "glass"
	breakGlass    = createBerlin + " --break-glass --yes --context-name " + glassContext
)

// clusterOperations are those on an edge cluster, whose servers have to run.
func clusterOperations() []*operation {
	kubeconfigs := []string{"real/kubeconfig"}
	bound := loggedIn(bindBerlin, "kubectl-edge kubeconfig remove "+berlinContext, "kubectl-edge cache clean")
	return []*operation{
		{
			name:      "kubeconfig create --cluster",
			cluster:   true,
			setUp:     bound,
			args:      words(createBerlin),
			says:      "Wrote context",
			done:      contexts(map[string]bool{berlinContext: true}),
			documents: kubeconfigs,
		},
		{
			name:    "mint a certificate",
			cluster: true,
			setUp:   loggedIn(bindBerlin, "kubectl-edge cache clean"),
			arrange: callOf(berlinContext),
			args:    []string{helper, execArgs},
			done:    certified,
		},
		{
			name:      "kubeconfig create --break-glass",
			cluster:   true,
			setUp:     bound,
			args:      words(breakGlass),
			says:      "Wrote context",
			done:      contexts(map[string]bool{glassContext: true}),
			documents: kubeconfigs,
			settle: func(ctx context.Context, w *world) error { // what was agreed to is handed out
				if err := callOf(glassContext)(ctx, w); err != nil {
					return err
				}
				return w.must(ctx, w.fill([]string{helper, execArgs})...)
			},
		},
	}
}

// execArgs stands for the arguments that a kubeconfig has for the helper.
const execArgs = "$EXEC_ARGS"

// callOf reads the arguments of a context's user.
func callOf(name string) func(context.Context, *world) error {
	return func(_ context.Context, w *world) error {
		config, err := clientcmd.LoadFromFile(w.path("kubeconfig"))
		if err != nil {
			return err
		}
		c := config.Contexts[name]
		if c == nil || config.AuthInfos[c.AuthInfo] == nil || config.AuthInfos[c.AuthInfo].Exec == nil {
			return fmt.Errorf("context %q has no exec user", name)
		}
		w.execArgs = config.AuthInfos[c.AuthInfo].Exec.Args
		return nil
	}
}

// certified wants the helper's answer, with a certificate.
func certified(_ context.Context, _ *world, o outcome) error {
	var credential clientauthentication.ExecCredential
	if err := json.Unmarshal([]byte(o.stdout), &credential); err != nil {
		return fmt.Errorf("no ExecCredential was printed: %w", err)
	}
	if credential.Status == nil || credential.Status.ClientCertificateData == "" {
		return errors.New("the answer has no certificate")
	}
	return nil
}
