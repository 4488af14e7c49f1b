package main

import (
	"context"
	"fmt"
	"io"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
)

// editForEver creates, converts and removes entries, and says before and after each edit what it does: "begin put x",
// "end put x".
func editForEver(ctx context.Context, path, prefix string, out io.Writer) error {
	for i := 0; ; i++ {
		name := fmt.Sprintf("%s-%d", prefix, i)
		edits := []struct {
			what string
			name string
			edit func(*api.Config) error
		}{
			{"put", name, func(c *api.Config) error {
				user := api.NewAuthInfo()
				user.Token = "embedded"
				kubeconfig.Entry{Name: name, Server: "https://" + name + ".example", CAData: make([]byte, 1500),
					User: user}.Put(c)
				c.CurrentContext = name
				return nil
			}},
			{"convert", name, func(c *api.Config) error {
				for _, e := range kubeconfig.FindEmbedded(c) {
					if e.User == name {
						_, err := kubeconfig.Convert(c, e, kubeconfig.ExecUser([]string{"--instance-id", name}, "hint"))
						return err
					}
				}
				return fmt.Errorf("entry %q is gone", name)
			}},
			{"remove", fmt.Sprintf("%s-%d", prefix, i-2), func(c *api.Config) error {
				kubeconfig.Remove(c, fmt.Sprintf("%s-%d", prefix, i-2))
				return nil
			}},
		}
		for _, e := range edits {
			if _, err := fmt.Fprintf(out, "begin %s %s\n", e.what, e.name); err != nil {
				return err
			}
			if err := kubeconfig.Edit(ctx, path, e.edit); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(out, "end %s %s\n", e.what, e.name); err != nil {
				return err
			}
		}
	}
}
