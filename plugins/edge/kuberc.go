package edge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/util/homedir"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/kuberc"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

func newKubercCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "kuberc", Short: "Limit which credential plugins kubectl runs"}
	cmd.AddCommand(newKubercAllowCmd(a))
	return cmd
}

type kubercAllowOptions struct {
	*app
	apply bool
	also  []string
	path  string
	yes   bool
}

func newKubercAllowCmd(a *app) *cobra.Command {
	o := &kubercAllowOptions{app: a}
	cmd := &cobra.Command{
		Use:   "allow",
		Short: "Allow kubectl to run the credential helper, and no other",
		Long: `Allow kubectl to run the credential helper, and no other.

A kubeconfig can make kubectl run any program. With the policy Allowlist in kubectl's preferences (kuberc), kubectl
1.35 and later run those on the list alone. This prints the preferences that allow kubectl-edge_credential, in the
form that the kubectl on your PATH wants. With --apply it adds them to your kuberc, and keeps all else there as it is.`,
		Example: `  kubectl edge kuberc allow
  kubectl edge kuberc allow --apply
  kubectl edge kuberc allow --apply --also aws,gke-gcloud-auth-plugin`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&o.apply, "apply", false, "change the kuberc rather than print")
	cmd.Flags().StringSliceVar(&o.also, "also", nil, "a further command to allow; several with commas, or repeated")
	cmd.Flags().StringVar(&o.path, "kuberc", "", "file to change (default: $KUBERC, else ~/.kube/kuberc)")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask before other commands of your kubeconfig are refused")
	return cmd
}

func (o *kubercAllowOptions) run(ctx context.Context) error {
	field, err := o.field(ctx)
	if err != nil {
		return err
	}
	commands := append([]string{tokenrequest.Helper}, o.also...)
	if !o.apply {
		_, err := o.Out.Write(kuberc.New(field, commands))
		return err
	}
	if o.path == "" && o.Getenv("KUBERC") == "off" {
		return hint.Wrap(errors.New("kubectl reads no kuberc: $KUBERC is off"), "%s", hint.Unset("KUBERC"))
	}
	if err := o.applyTo(ctx, o.file(), field, commands); err != nil {
		return err
	}
	if o.Getenv("KUBECTL_KUBERC") == "false" {
		o.Note("warning: kubectl does not read it while $KUBECTL_KUBERC is false")
	}
	return nil
}

// file is the path of the kuberc that kubectl reads.
func (o *kubercAllowOptions) file() string {
	return cmp.Or(o.path, kubercPath(o.Getenv))
}

// kubercPath is where kubectl looks for its preferences.
func kubercPath(getenv func(string) string) string {
	return cmp.Or(getenv("KUBERC"), filepath.Join(homedir.HomeDir(), ".kube", "kuberc"))
}

func (o *kubercAllowOptions) applyTo(ctx context.Context, path string, field kuberc.Field, commands []string) error {
	unlock, err := o.lock(ctx)
	if err != nil {
		return fmt.Errorf("edit kuberc %s: %w", hint.Path(path), err)
	}
	defer unlock()
	file, err := atomicfile.Find(path)
	if err != nil {
		return fmt.Errorf("read kuberc %s: %w", hint.Path(path), err)
	}
	file.Public, path = true, file.Target
	if err := file.CheckWritable(); err != nil {
		return fmt.Errorf("write kuberc %s: %w", hint.Path(path), err)
	}
	var old, edited []byte
	var refused error // of the edit, not of the file
	err = file.Edit(func(data []byte) ([]byte, error) {
		old = data
		edited, refused = o.edit(ctx, path, data, field, commands)
		return edited, refused
	})
	switch {
	case refused != nil:
		return refused
	case err != nil:
		return fmt.Errorf("write kuberc %s: %w", hint.Path(path), err)
	case string(edited) == string(old):
		o.Note("%s allows it already.", hint.Path(path))
	default:
		o.Note("Wrote %s: kubectl runs no other credential plugin than those it lists.", hint.Path(path))
	}
	return nil
}

// lock keeps others that run this from editing a kuberc at the same time. kubectl itself only reads it.
func (o *kubercAllowOptions) lock(ctx context.Context) (unlock func(), err error) {
	dir := o.dirs.State
	if err := securefile.MakeOwn(dir); err != nil {
		return nil, err
	}
	return filelock.Lock(ctx, filepath.Join(dir, "kuberc.lock"))
}

func (o *kubercAllowOptions) edit(ctx context.Context, path string, data []byte, field kuberc.Field,
	commands []string) ([]byte, error) {
	edited, err := kuberc.Allow(data, field, commands)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("edit kuberc %s: %w", hint.Path(path), err),
			"add by hand what kubectl edge kuberc allow prints")
	}
	if string(edited) == string(data) {
		return data, nil
	}
	return edited, o.confirmRefused(ctx, edited)
}

// confirmRefused asks whether the commands of the person's kubeconfig that the new kuberc does not list may be refused.
func (o *kubercAllowOptions) confirmRefused(ctx context.Context, edited []byte) error {
	preference, err := kuberc.Read(edited)
	if err != nil {
		return err
	}
	config, err := kubeconfig.Load(ctx, "")
	if err != nil {
		return err
	}
	var refused []string
	for _, user := range config.AuthInfos {
		if user.Exec != nil && !slices.Contains(preference.Allowed, user.Exec.Command) &&
			!slices.Contains(refused, user.Exec.Command) {
			refused = append(refused, user.Exec.Command)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	slices.Sort(refused)
	o.Note("Your kubeconfig also runs these, which kubectl would refuse: %q. Allow them with --also.", refused)
	return o.Confirm(ctx, o.yes, "Go on?")
}

// field asks kubectl for its version, and knows what that wants.
func (o *kubercAllowOptions) field(ctx context.Context) (kuberc.Field, error) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		o.Note("There is no kubectl on PATH; this is the form of kubectl 1.36 and later.")
		return kuberc.Command, nil
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	defer o.Slow(kubectl)()
	// Without a kubeconfig: some kubectls ask the current server all the same, such as the one that gcloud brings.
	cmd := exec.CommandContext(limited, kubectl, "version", "--client", "--output=json", "--kubeconfig="+os.DevNull)
	cmd.Env = append(os.Environ(), "KUBECTL_KUBERC=false") // a kuberc that it cannot read is no obstacle
	data, err := cmd.Output()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", kubectl, err)
	}
	var version struct {
		Client struct {
			Major string `json:"major"`
			Minor string `json:"minor"`
		} `json:"clientVersion"`
	}
	minor := -1
	if json.Unmarshal(data, &version) == nil && version.Client.Major == "1" {
		if n, err := strconv.Atoi(strings.TrimRight(version.Client.Minor, "+")); err == nil { // vendors add a plus
			minor = n
		}
	}
	if minor < 0 {
		return "", fmt.Errorf("ask %s for its version: it did not answer with one", kubectl)
	}
	field, err := kuberc.FieldFor(minor)
	if err != nil {
		return "", hint.Wrap(err, "install kubectl 1.35 or later")
	}
	return field, nil
}
