package edge

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// heldSetting is what config get says of a setting. From is "profile NAME", "all profiles", "environment NAME" or
// "default", as origin has it, or "" where there is no value.
type heldSetting struct {
	Name  string `json:"-"` // metadata.name
	Value string `json:"value"`
	From  string `json:"from,omitempty"`
}

func newConfigGetCmd(a *app) *cobra.Command {
	var out output.Flags
	cmd := &cobra.Command{
		Use: "get [NAME]", SuggestFor: []string{"show", "list", "view"},
		Short: "Print a setting of the profile, or all of them",
		Long: `Print a setting of the profile, or all of them and where each value comes from.

What is not set has its default, if there is one.

Settings:
` + settingsHelp(),
		Example: `  kubectl edge config get
  kubectl edge config get -o json
  kubectl edge config get project-id --profile work`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			s, err := a.scope()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return output.List(a.Out, out, heldSettingKind(), a.heldSettings(s))
			}
			held, err := a.heldNamed(s, args[0])
			if err != nil {
				return err
			}
			if out.Format != "" {
				return output.One(a.Out, out, heldSettingKind(), held)
			}
			if _, err = fmt.Fprintln(a.Out, held.Value); err == nil && a.verbose && held.From != "" {
				a.Note("%s comes from: %s", held.Name, held.From)
			}
			return err
		},
	}
	out.AddFlags(cmd.Flags())
	return cmd
}

// heldSettings are all settings, and the hosts that config trust changes.
func (a *app) heldSettings(s profile.Scope) []heldSetting {
	var all []heldSetting
	for _, each := range settings() {
		all = append(all, a.held(s, each))
	}
	if hosts := heldHosts(s); hosts.Value != "" {
		all = append(all, hosts)
	}
	return all
}

// trustedHosts is what config get shows of the hosts that config trust changes.
const trustedHosts = "trusted-hosts"

func heldHosts(s profile.Scope) heldSetting {
	h := heldSetting{Name: trustedHosts, Value: strings.Join(s.Config.TrustedHosts, ",")}
	if h.Value != "" {
		h.From = fromAllProfiles
	}
	return h
}

// heldNamed is one of heldSettings by its name.
func (a *app) heldNamed(s profile.Scope, name string) (heldSetting, error) {
	if name == trustedHosts {
		return heldHosts(s), nil
	}
	wanted, err := settingNamed(name, trustedHosts)
	if err != nil {
		return heldSetting{}, err
	}
	return a.held(s, wanted), nil
}

const fromAllProfiles = "all profiles"

// held is a setting as a command with the scope finds it.
func (a *app) held(s profile.Scope, of setting) heldSetting {
	set := *of.value(s.Config, &s.Settings)
	variable, standard := "", ""
	if of.name == tokencache.Setting {
		variable = a.Getenv(tokencache.Variable)
	}
	if of.standard != nil {
		standard = of.standard(s.Settings.Endpoints)
	}
	from := "profile " + s.Name
	if of.shared {
		from = fromAllProfiles
	}
	h := heldSetting{Name: of.name}
	for _, each := range []struct{ value, from string }{
		{variable, "environment " + tokencache.Variable}, {set, from}, {standard, "default"},
	} {
		if each.value != "" {
			h.Value, h.From = each.value, each.from
			break
		}
	}
	return h
}

func heldSettingKind() output.Kind[heldSetting] {
	return output.Kind[heldSetting]{
		Name: "Setting",
		ID:   func(h heldSetting) string { return h.Name },
		Columns: []output.Column[heldSetting]{
			{Name: "NAME", Value: func(h heldSetting) string { return h.Name }},
			{Name: "VALUE", Value: func(h heldSetting) string { return cmp.Or(h.Value, "<unset>") }},
			{Name: "FROM", Value: func(h heldSetting) string { return h.From }},
		},
	}
}
