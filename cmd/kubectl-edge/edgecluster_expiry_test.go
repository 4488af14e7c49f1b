//go:build system

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// informed is a program with client-go that runs for long, with the helper for its credential: it watches, and sends
// other requests in between, which are what renews a certificate.
type informed struct {
	client *kubernetes.Clientset
	mu     sync.Mutex
	seen   map[string]bool // names of ConfigMaps
}

// expiryCommands are what the scripts about a certificate's end have besides those of scripttest.
func expiryCommands(t *testing.T) map[string]func(*testscript.TestScript, bool, []string) {
	running := map[string]*informed{}
	return map[string]func(*testscript.TestScript, bool, []string){
		// copy CONTEXT FILE: writes a kubeconfig with what the helper answers for the context now, as one who steals it
		// would.
		"copy": func(ts *testscript.TestScript, _ bool, args []string) {
			config := helperConfig(ts, args[0])
			plugin := exec.Command(config.ExecProvider.Command, config.ExecProvider.Args...)
			for _, v := range config.ExecProvider.Env {
				plugin.Env = append(plugin.Env, v.Name+"="+v.Value)
			}
			answer, err := plugin.Output()
			ts.Check(err)
			ts.Check(os.WriteFile(ts.MkAbs(args[1]), stolen(ts, config, answer), 0o600))
		},
		// informer CONTEXT: begins to watch the ConfigMaps of namespace default through the context.
		"informer": func(ts *testscript.TestScript, _ bool, args []string) {
			i, err := newInformed(t.Context(), helperConfig(ts, args[0]))
			ts.Check(err)
			running[args[0]] = i
		},
		// informed CONTEXT NAME: waits until it knows of the ConfigMap. It goes on asking for something else meanwhile,
		// as programs do.
		"informed": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(running[args[0]].await(t.Context(), args[1]))
		},
	}
}

// helperConfig is the context's of the script's kubeconfig, with the helper and the environment of the script.
func helperConfig(ts *testscript.TestScript, name string) *rest.Config {
	kubeconfig, err := clientcmd.LoadFromFile(ts.MkAbs("kubeconfig"))
	ts.Check(err)
	path, err := exec.LookPath("kubectl-edge_credential")
	ts.Check(err)
	helper := ts.MkAbs("quiet-helper") // client-go gives it our standard error, where it would repeat itself
	ts.Check(os.WriteFile(helper, fmt.Appendf(nil, "#!/bin/sh\nexec %q \"$@\" 2>>%q\n", path, helper+".err"), 0o700))
	user := kubeconfig.AuthInfos[kubeconfig.Contexts[name].AuthInfo]
	user.Exec.Command = helper
	for _, name := range append([]string{"PATH"}, homeVariables...) {
		user.Exec.Env = append(user.Exec.Env, api.ExecEnvVar{Name: name, Value: ts.Getenv(name)})
	}
	config, err := clientcmd.NewNonInteractiveClientConfig(*kubeconfig, name, nil, nil).ClientConfig()
	ts.Check(err)
	return config
}

// stolen is a kubeconfig with the certificate of the answer.
func stolen(ts *testscript.TestScript, config *rest.Config, answer []byte) []byte {
	var credential clientauthentication.ExecCredential
	ts.Check(json.Unmarshal(answer, &credential))
	k := api.NewConfig()
	k.Clusters["c"] = &api.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	k.AuthInfos["u"] = &api.AuthInfo{ClientCertificateData: []byte(credential.Status.ClientCertificateData),
		ClientKeyData: []byte(credential.Status.ClientKeyData)}
	k.Contexts["x"] = &api.Context{Cluster: "c", AuthInfo: "u"}
	k.CurrentContext = "x"
	data, err := clientcmd.Write(*k)
	ts.Check(err)
	return data
}

func newInformed(ctx context.Context, config *rest.Config) (*informed, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	i := &informed{client: client, seen: map[string]bool{}}
	first, err := i.watch(ctx)
	if err != nil {
		return nil, err
	}
	go func() {
		i.take(first)
		wait.UntilWithContext(ctx, func(ctx context.Context) { // the connection was closed, as a renewal does
			if next, err := i.watch(ctx); err == nil {
				i.take(next)
			}
		}, 100*time.Millisecond)
	}()
	return i, nil
}

// watch has all that is there, and what comes.
func (i *informed) watch(ctx context.Context) (watch.Interface, error) {
	return i.client.CoreV1().ConfigMaps(metav1.NamespaceDefault).Watch(ctx, metav1.ListOptions{})
}

func (i *informed) take(w watch.Interface) {
	for event := range w.ResultChan() {
		if object, ok := event.Object.(*corev1.ConfigMap); ok {
			i.mu.Lock()
			i.seen[object.Name] = true
			i.mu.Unlock()
		}
	}
}

func (i *informed) await(ctx context.Context, name string) error {
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, time.Minute, true,
		func(ctx context.Context) (bool, error) {
			if _, err := i.client.CoreV1().Pods(metav1.NamespaceDefault).List(ctx, metav1.ListOptions{}); err != nil {
				return false, err
			}
			i.mu.Lock()
			defer i.mu.Unlock()
			return i.seen[name], nil
		})
	if err != nil {
		return fmt.Errorf("wait for ConfigMap %s: %w", name, err)
	}
	return nil
}

// homeVariables are those that lead to a script's own folders.
var homeVariables = []string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
	"DBUS_SESSION_BUS_ADDRESS"}
