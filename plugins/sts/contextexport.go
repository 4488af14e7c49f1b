package sts

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

func newContextExportCmd(a *app) *cobra.Command {
	o := transferOptions{app: a}
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write contexts with their tokens to the configuration of sts",
		Long: `Write contexts with their tokens to the configuration of sts. Anyone who can read that file has the
tokens: others lose their access to it. What else is in the file stays.

sts cannot keep tokens of Kubernetes service accounts: such contexts are written without. A context that cannot be
used is named and passed over; the exit code is 1 then.`,
		Example: `  kubectl sts context export`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.exportContexts(cmd.Context()) },
	}
	o.addFlags(cmd)
	return cmd
}

func (o *transferOptions) exportContexts(ctx context.Context) error {
	ours, err := o.existingConfig()
	if err != nil {
		return err
	}
	chosen, err := o.choose(ours)
	if err != nil {
		return err
	}
	path, err := o.path()
	if err != nil {
		return err
	}
	if _, err := stsconfig.Load(path); err != nil {
		return withCode(exitConfig, err)
	}
	var contexts []stsconfig.Named
	for _, n := range chosen {
		opened, err := o.opened(ctx, n, ours)
		if err != nil {
			o.passOver(fmt.Sprintf("context %q", n.Name), err)
			continue
		}
		contexts = append(contexts, stsconfig.Named{Name: n.Name, Context: opened})
	}
	err = stsconfig.Edit(ctx, path, o.lock(), func(f *stsconfig.File) error {
		f.Private = true
		return o.add(f, contexts, ours.Current)
	})
	if _, ok := plugin.CodeOf(err); !ok {
		err = withCode(exitWrite, err)
	}
	if err != nil {
		return err
	}
	if o.json() {
		if err := o.printJSON(map[string]any{"exported-contexts": namesOf(contexts), "file": path}); err != nil {
			return err
		}
	} else {
		for _, c := range contexts {
			o.success("Exported context '%s' to %s", c.Name, path)
		}
	}
	return o.outcome()
}

// opened is a context as the real sts knows it, with its token.
func (o *transferOptions) opened(ctx context.Context, n stsconfig.Named, ours *stsconfig.File) (stsconfig.Context,
	error) {
	c := n.Context
	out := stsconfig.Context{
		URL: c.URL, APIToken: c.APIToken, ServiceToken: c.ServiceToken,
		APIPath:      cmp.Or(c.APIPath, stackstate.DefaultAPIPath),
		AdminAPIPath: c.AdminAPIPath, SkipSSL: c.SkipSSL, CACertBase64Data: c.CACertBase64Data,
	}
	if c.SealedToken == "" || c.SealedTokenKind == string(stackstate.KindKubernetesToken) {
		if out.APIToken+out.ServiceToken == "" {
			o.Note("note: context '%s' is written without a token: sts keeps none of Kubernetes service accounts",
				n.Name)
		}
		return out, nil
	}
	s, err := resolve(&globalFlags{context: n.Name}, func(string) string { return "" }, ours)
	if err != nil {
		return out, err
	}
	token, err := o.token(ctx, s)
	if err != nil {
		return out, err
	}
	if c.SealedTokenKind == string(stackstate.KindAPIToken) {
		out.APIToken = token
	} else {
		out.ServiceToken = token
	}
	return out, nil
}
