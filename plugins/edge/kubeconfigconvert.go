package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/finder"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

type kubeconfigConvertOptions struct {
	*app
	contexts   []string
	all        bool
	expiration time.Duration // 0 leaves it to the profile
	path       string
	backup     bool
	dryRun     bool
	patience   patienceFlags
	rights     rightsFlags // of edge clusters
	namespace  string      // in which alone the role counts
}

func newKubeconfigConvertCmd(a *app) *cobra.Command {
	o := &kubeconfigConvertOptions{app: a}
	cmd := &cobra.Command{
		Use:   "convert (--context NAME | --all)",
		Short: "Replace tokens and administrator certificates in your kubeconfig by the credential helper",
		Long: `Replace tokens of Edge instances, and administrator credentials of edge clusters, in your kubeconfig by
the credential helper.

The names of context, cluster and user stay, and so does the rest of the file. Which instance an entry is of
is found by the name of its server, by what its token says, and by asking the API for the instances of your
projects. An entry is converted only if its server is the one that the API names, which it does together with
a new token, valid for 10 minutes. That one goes to the cache.

An administrator's certificate or token of an edge cluster is known by the cluster's certificate authority and server,
for which your instances are asked; the server in the file never is. In its place comes a credential of an hour with
your name and the role that you choose, view if you choose none.

Nobody can revoke what is taken out: who has a copy can use it until it ends.`,
		Example: `  kubectl edge kubeconfig convert --all --dry-run
  kubectl edge kubeconfig convert --context edge --kubeconfig ~/Downloads/demo.yaml
  kubectl edge kubeconfig convert --all --backup
  kubectl edge kubeconfig convert --context admin@berlin --role edit --namespace shop --bind`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.all == (len(o.contexts) > 0) {
				return usageError{hint.Wrap(errors.New("convert what? want either --context or --all"),
					"kubectl edge kubeconfig audit")}
			}
			if err := o.patience.validate(); err != nil {
				return usageError{err}
			}
			if err := o.rights.validate(o.namespace); err != nil {
				return usageError{err}
			}
			if err := o.confirmRole(cmd.Context(), &o.rights, &o.namespace, nil); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().StringSliceVar(&o.contexts, "context", nil, "context to convert; several with commas, or repeated")
	cmd.Flags().BoolVar(&o.all, "all", false, "all contexts of Edge instances in all files")
	cmd.Flags().VarP((*expiration.Flag)(&o.expiration), "expiration", "e",
		"how long each credential is valid, such as 15m or 1d (default: the profile's, else 15m, or 1h for edge "+
			"clusters)")
	cmd.Flags().StringVar(&o.path, "kubeconfig", "", "file to change (default: those that kubectl reads)")
	cmd.Flags().BoolVar(&o.backup, "backup", false, "keep each file as it was, with its secrets, as FILE.bak")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "print what would change as a diff, and write nothing")
	cmd.Flags().StringVar(&o.rights.role, "role", "", roleHelp)
	cmd.Flags().StringVar(&o.namespace, "namespace", "", "namespace of the edge cluster in which alone the role counts")
	cmd.Flags().BoolVar(&o.rights.bind, "bind", false, bindHelp)
	cmd.Flags().BoolVarP(&o.rights.yes, "yes", "y", false, "do not ask whether "+rightsAsked+" is meant")
	o.patience.addFlags(cmd.Flags())
	return cmd
}

// conversion is a user on its way from a credential to the helper.
type conversion struct {
	kubeconfig.Embedded
	token   string // to be removed, if it is one
	secret  string // that, or certificate and key
	cluster *place // the edge cluster that it opens; nil for an instance
	skip    bool   // nothing says that it is ours to convert
	request tokenrequest.Request
	entry   kubeconfig.Entry
	err     error
}

func (o *kubeconfigConvertOptions) run(ctx context.Context) error {
	config, err := kubeconfig.Load(ctx, o.path)
	if err != nil {
		return err
	}
	conversions, err := o.choose(config)
	if err != nil {
		return err
	}
	o.patience.forAll(o.all)
	if len(conversions) == 0 {
		o.Note("No context to convert.")
		return nil
	}
	if o.dryRun {
		o.noteDryRunMints()
	}
	if err := o.identifyAll(ctx, config, conversions); err != nil {
		return err
	}
	conversions = slices.DeleteFunc(conversions, func(c *conversion) bool { return c.skip })
	var good []*conversion
	var errs []error
	for _, c := range conversions {
		if c.err != nil {
			errs = append(errs, fmt.Errorf("convert context %q: %w", c.Contexts[0], c.err))
		} else {
			good = append(good, c)
		}
	}
	o.Report(errs, o.verbose)
	if !o.dryRun {
		if good, err = o.admit(ctx, good); err != nil {
			return err
		}
	}
	if len(good) > 0 {
		if err := o.write(ctx, good); err != nil {
			return err
		}
	}
	var failed []string
	for _, c := range conversions {
		if !slices.Contains(good, c) {
			failed = append(failed, c.User)
		}
	}
	return plugin.Incomplete(failed, len(conversions), "user", "converted")
}

// choose returns the users to convert.
func (o *kubeconfigConvertOptions) choose(config *api.Config) ([]*conversion, error) {
	embedded := kubeconfig.FindEmbedded(config)
	for _, name := range o.contexts {
		if slices.ContainsFunc(embedded, func(e kubeconfig.Embedded) bool {
			return slices.Contains(e.Contexts, name)
		}) {
			continue
		}
		context := config.Contexts[name]
		if context == nil {
			return nil, noContext(config, name)
		}
		user := config.AuthInfos[context.AuthInfo]
		if _, ours := kubeconfig.RequestOf(user); ours {
			return nil, fmt.Errorf("context %q holds no token: it gets them from kubectl edge already", name)
		} else if user != nil && user.Exec != nil {
			return nil, fmt.Errorf("context %q holds no token: it calls %q", name, audit.Shown(user.Exec.Command))
		}
		return nil, fmt.Errorf("context %q holds no token or certificate that could be converted", name)
	}
	var conversions []*conversion
	var left []string
	for _, e := range embedded {
		user := config.AuthInfos[e.User]
		c := &conversion{Embedded: e, token: user.Token, secret: kubeconfig.Credential(user)}
		named := slices.ContainsFunc(e.Contexts, func(name string) bool { return slices.Contains(o.contexts, name) })
		switch {
		case o.all && e.Certificate && !e.Masters: // of another cluster's person
		case o.all && !c.mayBeClusters() && !e.STACKIT && e.InstanceID == "" &&
			len(finder.ClaimedInstances(c.token)) == 0:
			left = append(left, fmt.Sprintf("Left alone context %q: nothing says that it is an Edge instance's. If it "+
				"is, name it with --context.", e.Contexts[0]))
		case o.all || named:
			conversions = append(conversions, c)
		}
	}
	o.Tell(left, o.verbose, fmt.Sprintf("Left alone %s: nothing says that they are Edge instances'. Those that are, "+
		"name with --context; -v shows all.", plugin.Count(len(left), "context")))
	return conversions, nil
}

// identify finds the instances of the conversions, or says in each why it could not.
func (o *kubeconfigConvertOptions) identify(ctx context.Context, config *api.Config, conversions []*conversion) error {
	s, err := o.scope()
	if err != nil {
		return err
	}
	cloud, err := o.personsCloud(ctx, s)
	if err != nil {
		return err
	}
	f := finder.New(finder.Options{
		Scope: s, OnlyHere: o.choice.ProjectID != "", Expiration: o.expiration,
		Client: cloud.Client, Principal: cloud.principal, Fetch: o.fetch,
	})
	candidates := make([][]tokenrequest.Request, len(conversions))
	for i, c := range conversions {
		// Before anything is minted. The entry is the kubeconfig's own then, so nothing but the user changes.
		trial := &conversion{Embedded: c.Embedded, secret: c.secret,
			entry: kubeconfig.Entry{User: kubeconfig.ExecUser(nil, "")}}
		if c.err = trial.apply(config.DeepCopy()); c.err == nil {
			candidates[i], c.err = f.Candidates(ctx, c.Embedded, c.token, !o.all)
		}
	}
	cloud, end := o.patient(cloud, o.patience)
	defer end()
	_, err = plugin.Several(ctx, parallel, conversions, func(i int, c *conversion) error {
		if c.err != nil {
			return nil
		}
		if c.request, c.entry, c.err = f.Verify(ctx, cloud.Client, candidates[i], c.Server); c.err == nil {
			c.entry.User = kubeconfig.ExecUser(c.request.Args(), installHint())
		}
		return nil // the errors are in the conversions
	})
	return err
}

// apply makes the change. The cluster gets what the API said, since tokens minted from now on are sent there.
func (c *conversion) apply(config *api.Config) error {
	same := func(e kubeconfig.Embedded) bool {
		return e.User == c.User && e.Server == c.Server && slices.Equal(e.Clusters, c.Clusters) &&
			kubeconfig.Credential(config.AuthInfos[e.User]) == c.secret
	}
	if !slices.ContainsFunc(kubeconfig.FindEmbedded(config), same) {
		return errors.New("another program changed it meanwhile; try again")
	}
	if _, err := kubeconfig.Convert(config, c.Embedded, c.entry.User); err != nil {
		return err
	}
	cluster := config.Clusters[c.Clusters[0]]
	cluster.CertificateAuthorityData = c.entry.CAData
	cluster.CertificateAuthority, cluster.TLSServerName, cluster.InsecureSkipTLSVerify = "", "", false
	return nil
}

func (o *kubeconfigConvertOptions) write(ctx context.Context, conversions []*conversion) error {
	var backups []string
	edit := func(config *api.Config) error {
		for _, c := range conversions {
			if err := c.apply(config); err != nil {
				return fmt.Errorf("convert context %q: %w", c.Contexts[0], err)
			}
		}
		return nil
	}
	if o.dryRun {
		return o.preview(ctx, o.path, edit)
	}
	err := kubeconfig.Edit(ctx, o.path, func(config *api.Config) error {
		if err := edit(config); err != nil || !o.backup {
			return err
		}
		var err error
		backups, err = backUp(conversions) // the files are locked now
		return err
	})
	if err != nil {
		for _, path := range backups {
			os.Remove(path)
		}
		return err
	}
	o.report(conversions)
	for _, path := range backups {
		o.Note("Kept the old file, with its secrets, as %s. Delete it soon.", hint.Path(path))
	}
	return nil
}

// report says what was converted, and how long the credentials live on that were taken out.
func (o *kubeconfigConvertOptions) report(conversions []*conversion) {
	var lines []string
	contexts := 0
	last := o.Now() // when the last of the credentials has ended
	endless := false
	for _, c := range conversions {
		contexts += len(c.Contexts)
		var line []string
		for _, name := range c.Contexts {
			what := fmt.Sprintf("instance %s of project %s", c.request.InstanceID, c.request.ProjectID)
			if c.cluster != nil {
				what = c.cluster.String()
			}
			line = append(line, fmt.Sprintf("Converted context %q: it is %s.", name, what))
		}
		if rights := c.rightsNow(); rights != "" {
			line = append(line, rights)
		}
		switch {
		case c.Expires.IsZero():
			endless = true
			line = append(line, fmt.Sprintf("  The %s it held does not say when it ends. Nobody can revoke it; copies "+
				"of it stay dangerous.", c.Kind()))
		case c.Expires.Before(o.Now()):
			line = append(line, fmt.Sprintf("  The %s it held has expired.", c.Kind()))
		default:
			if c.Expires.After(last) {
				last = c.Expires
			}
			line = append(line, fmt.Sprintf("  The %s it held is valid until %s. Nobody can revoke it; copies of "+
				"it stay dangerous until then.", c.Kind(), c.Expires.Local().Format(time.DateTime)))
		}
		lines = append(lines, strings.Join(line, "\n"))
	}
	summary := fmt.Sprintf("Converted %s.", plugin.Count(contexts, "context"))
	switch {
	case endless:
		summary += " Not all credentials that they held say when they end. Nobody can revoke them; copies stay " +
			"dangerous."
	case last.After(o.Now()):
		summary += fmt.Sprintf(" The last credential that they held is valid until %s. Nobody can revoke them; "+
			"copies stay "+
			"dangerous until then.", last.Local().Format(time.DateTime))
	}
	o.Tell(lines, o.verbose, summary)
}

// backUp copies the files of the conversions, and returns the copies' paths. It replaces nothing but what an earlier
// run left that was interrupted: a copy of the file as it is, or the beginning of one.
func backUp(conversions []*conversion) (paths []string, err error) {
	for _, c := range conversions {
		path := c.File + ".bak"
		if slices.Contains(paths, path) {
			continue
		}
		data, err := os.ReadFile(c.File)
		if err != nil {
			return paths, fmt.Errorf("back up kubeconfig: %w", err)
		}
		switch info, err := os.Lstat(path); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return paths, fmt.Errorf("back up kubeconfig: %w", err)
		case !info.Mode().IsRegular() || !begins(data, path):
			return paths, hint.Wrap(fmt.Errorf("back up kubeconfig: %q is there already", path),
				"move it away, or leave out --backup")
		}
		paths = append(paths, path)
		if err := atomicfile.Write(path, data, 0o600); err != nil {
			return paths, fmt.Errorf("back up kubeconfig: %w", err)
		}
	}
	return paths, nil
}

// begins reports whether data begins with what the file holds.
func begins(data []byte, path string) bool {
	have, err := os.ReadFile(path)
	return err == nil && bytes.HasPrefix(data, have)
}
