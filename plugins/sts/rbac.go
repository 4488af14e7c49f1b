package sts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

// sources are the ways in which a server comes to know subjects.
var sources = []string{"static", "observability", "kubernetes"}

func newRBACCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rbac",
		Short: "Manage roles and what they may do",
		Long: `Manage roles, which are subjects with permissions: what a service token needs that the built-in roles
have not.

The subjects of users and groups are the same thing.`,
		Example: `  # a role that may send metrics and nothing else, and a token that has it
  kubectl sts rbac create-subject --subject metrics-writer
  kubectl sts rbac grant --subject metrics-writer --permission update-metrics
  kubectl sts service-token create --name collector --roles metrics-writer --ttl 90d`,
	}
	cmd.AddCommand(newListPermissionsCmd(a), newDescribePermissionsCmd(a), newDescribeSubjectsCmd(a),
		newCreateSubjectCmd(a), newDeleteSubjectCmd(a), newGrantCmd(a), newRevokeCmd(a))
	return cmd
}

// withServer runs do with a client of the server that flags, environment and configuration name.
func (a *app) withServer(do func(ctx context.Context, c *stackstate.Client) error) func(*cobra.Command,
	[]string) error {
	return func(cmd *cobra.Command, _ []string) error {
		s, err := a.settings(cmd.Context())
		if err != nil {
			return err
		}
		client, err := a.connect(cmd.Context(), s)
		if err != nil {
			return err
		}
		return a.explain(s, do(cmd.Context(), client))
	}
}

func newListPermissionsCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list-permissions",
		Short:   "List all permissions that can be granted",
		Example: `  kubectl sts rbac list-permissions`,
		Args:    cobra.NoArgs,
		RunE: a.withServer(func(ctx context.Context, c *stackstate.Client) error {
			list, err := c.Permissions(ctx)
			if err != nil {
				return fmt.Errorf("list permissions: %w", err)
			}
			if a.json() {
				return a.printJSON(map[string]any{"permissions": append([]string{}, list...)})
			}
			a.success("Available permissions: %s", strings.Join(list, ", "))
			return nil
		}),
	}
}

// rbacFlags name a subject, a permission and a resource.
type rbacFlags struct{ subject, permission, resource, source string }

func (o *rbacFlags) addSubject(f *pflag.FlagSet, help string) {
	f.StringVar(&o.subject, "subject", "", help)
}

// require is an error in usage for the first of these flags that was not given.
func require(cmd *cobra.Command, names ...string) {
	cmd.PreRunE = func(*cobra.Command, []string) error {
		for _, name := range names {
			if !cmd.Flags().Changed(name) {
				return usage(hint.Wrap(fmt.Errorf("required flag %q is not set", name), "%s --help", cmd.CommandPath()))
			}
		}
		return nil
	}
}

func newDescribePermissionsCmd(a *app) *cobra.Command {
	var o rbacFlags
	cmd := &cobra.Command{
		Use:     "describe-permissions --subject SUBJECT",
		Short:   "Show what a subject may do",
		Example: `  kubectl sts rbac describe-permissions --subject stackstate-guest`,
		Args:    cobra.NoArgs,
	}
	o.addSubject(cmd.Flags(), "role, user or group (required)")
	cmd.Flags().StringVar(&o.permission, "permission", "", "only this permission")
	cmd.Flags().StringVar(&o.resource, "resource", "", "only on this resource")
	cmd.Flags().StringVar(&o.source, "source", "", "only from this source: "+strings.Join(sources, ", "))
	require(cmd, "subject")
	cmd.RunE = a.withServer(func(ctx context.Context, c *stackstate.Client) error {
		if err := checkSource(o.source); err != nil {
			return err
		}
		described, err := c.SubjectPermissions(ctx, o.subject, stackstate.PermissionFilter{
			Permission: o.permission, Resource: o.resource, Source: capitalised(o.source),
		})
		if err != nil {
			return fmt.Errorf("describe the permissions of %q: %w", o.subject, err)
		}
		if a.json() {
			return a.printJSON(describedJSON(described, true))
		}
		if described.Sources != nil {
			sentence := hint.Printable("Got subject from the following subject sources: " +
				strings.Join(described.Sources, ", "))
			if _, err := fmt.Fprintf(a.Out, "%s\n\n", sentence); err != nil {
				return err
			}
		}
		return a.permissionTable(described)
	})
	return cmd
}

func checkSource(source string) error {
	if source != "" && !slices.Contains(sources, strings.ToLower(source)) {
		return usage(hint.Among(fmt.Errorf("source %q is unknown: use %s", source, strings.Join(sources, ", ")),
			"--source ", source, sources))
	}
	return nil
}

// capitalised is a source as the server writes it.
func capitalised(source string) string {
	if source == "" {
		return ""
	}
	return strings.ToUpper(source[:1]) + strings.ToLower(source[1:])
}

func describedJSON(p stackstate.SubjectPermissions, withSources bool) map[string]any {
	object := map[string]any{"subject": p.Subject, "permissions": p.Permissions}
	if p.Permissions == nil {
		object["permissions"] = map[string][]string{}
	}
	if withSources && p.Sources != nil {
		object["sources"] = p.Sources
	}
	return object
}

func (a *app) permissionTable(p stackstate.SubjectPermissions) error {
	var rows [][]string
	for _, resource := range slices.Sorted(maps.Keys(p.Permissions)) {
		for _, permission := range slices.Sorted(slices.Values(p.Permissions[resource])) {
			rows = append(rows, []string{permission, resource})
		}
	}
	return a.table(a.Out, []string{"PERMISSION", "RESOURCE"}, rows, "No matching permissions found.")
}

func newDescribeSubjectsCmd(a *app) *cobra.Command {
	var o rbacFlags
	cmd := &cobra.Command{
		Use:     "describe-subjects",
		Short:   "List subjects, or show one",
		Example: `  kubectl sts rbac describe-subjects --source static`,
		Args:    cobra.NoArgs,
	}
	o.addSubject(cmd.Flags(), "only this subject")
	cmd.Flags().StringVar(&o.source, "source", "", "only from this source: "+strings.Join(sources, ", "))
	cmd.RunE = a.withServer(func(ctx context.Context, c *stackstate.Client) error {
		if err := checkSource(o.source); err != nil {
			return err
		}
		// A subject can come from several sources: the request for one would show one of them.
		list, err := c.Subjects(ctx)
		if err != nil {
			return fmt.Errorf("list subjects: %w", err)
		}
		list = slices.DeleteFunc(list, func(s stackstate.Subject) bool {
			return o.subject != "" && s.Handle != o.subject || o.source != "" && !strings.EqualFold(s.Source, o.source)
		})
		if len(list) == 0 && o.subject != "" {
			return withCode(exitNoContext, fmt.Errorf("could not find subject: '%s'", o.subject))
		}
		if a.json() {
			return a.printJSON(map[string]any{"subjects": list})
		}
		var rows [][]string
		for _, s := range list {
			rows = append(rows, []string{s.Handle, s.Source})
		}
		return a.table(a.Out, []string{"SUBJECT", "SOURCE"}, rows, "No subjects found.")
	})
	return cmd
}

func newCreateSubjectCmd(a *app) *cobra.Command {
	var o rbacFlags
	var scope string
	var createOnly bool
	cmd := &cobra.Command{
		Use:     "create-subject --subject SUBJECT",
		Short:   "Create a subject, such as a role for service tokens",
		Example: `  kubectl sts rbac create-subject --subject my-team --scope "label = 'production'"`,
		Args:    cobra.NoArgs,
	}
	o.addSubject(cmd.Flags(), "name of the role, or of a user or group as the identity provider has it (required)")
	cmd.Flags().StringVar(&scope, "scope", "", "query in STQL that narrows all topology that the subject sees")
	cmd.Flags().BoolVar(&createOnly, "create-only", false, "fail if there is such a subject already")
	require(cmd, "subject")
	cmd.RunE = a.withServer(func(ctx context.Context, c *stackstate.Client) error {
		if err := c.CreateSubject(ctx, o.subject, scope, createOnly); err != nil {
			return fmt.Errorf("create subject %q: %w", o.subject, err)
		}
		if a.json() {
			return a.printJSON(map[string]string{"created-subject": o.subject})
		}
		a.success("Created subject '%s'", o.subject)
		return nil
	})
	return cmd
}

func newDeleteSubjectCmd(a *app) *cobra.Command {
	var o rbacFlags
	cmd := &cobra.Command{
		Use:     "delete-subject --subject SUBJECT",
		Short:   "Delete a subject with its permissions",
		Example: `  kubectl sts rbac delete-subject --subject metrics-writer`,
		Args:    cobra.NoArgs,
	}
	o.addSubject(cmd.Flags(), "subject to delete (required)")
	require(cmd, "subject")
	cmd.RunE = a.withServer(func(ctx context.Context, c *stackstate.Client) error {
		if err := c.DeleteSubject(ctx, o.subject); err != nil {
			return fmt.Errorf("delete subject %q: %w", o.subject, err)
		}
		if a.json() {
			return a.printJSON(map[string]string{"deleted-subject": o.subject})
		}
		a.success("Deleted subject '%s'", o.subject)
		return nil
	})
	return cmd
}

func newGrantCmd(a *app) *cobra.Command {
	return a.grantCmd("grant", "Grant a permission to a subject", "Granted permission '%s' on '%s' to subject '%s'",
		func(ctx context.Context, c *stackstate.Client, o rbacFlags) (stackstate.PermissionFilter, error) {
			// As sts has it: what was granted, not what else there is.
			return stackstate.PermissionFilter{Permission: o.permission, Resource: o.resource},
				c.Grant(ctx, o.subject, o.permission, o.resource)
		})
}

func newRevokeCmd(a *app) *cobra.Command {
	return a.grantCmd("revoke", "Revoke a permission from a subject",
		"Revoked permission '%s' on '%s' from subject '%s'",
		func(ctx context.Context, c *stackstate.Client, o rbacFlags) (stackstate.PermissionFilter, error) {
			return stackstate.PermissionFilter{Permission: o.permission},
				c.Revoke(ctx, o.subject, o.permission, o.resource)
		})
}

// grantCmd is a command that changes what a subject may do, and shows what is left.
func (a *app) grantCmd(
	verb, short, done string,
	change func(context.Context, *stackstate.Client, rbacFlags) (stackstate.PermissionFilter, error),
) *cobra.Command {
	var o rbacFlags
	cmd := &cobra.Command{
		Use:   verb + " --subject SUBJECT --permission PERMISSION",
		Short: short,
		Example: fmt.Sprintf(`  kubectl sts rbac %s --subject metrics-writer --permission update-metrics
  kubectl sts rbac %[1]s --subject my-team --permission get-topology --resource cluster-name:production`, verb),
		Args: cobra.NoArgs,
	}
	o.addSubject(cmd.Flags(), "whom it is about (required)")
	cmd.Flags().StringVar(&o.permission, "permission", "",
		"permission, see kubectl sts rbac list-permissions (required)")
	cmd.Flags().StringVar(&o.resource, "resource", stackstate.SystemResource,
		"resource, such as cluster-name:NAME or a view's name")
	require(cmd, "subject", "permission")
	cmd.RunE = a.withServer(func(ctx context.Context, c *stackstate.Client) error {
		filter, err := change(ctx, c, o)
		if err != nil {
			return fmt.Errorf("%s %q: %w", verb, o.permission, err)
		}
		if !a.json() {
			a.success(done, o.permission, o.resource, o.subject)
		}
		left, err := c.SubjectPermissions(ctx, o.subject, filter)
		if err != nil {
			return fmt.Errorf("%s, but what is left cannot be shown: %w",
				strings.ToLower(fmt.Sprintf(done, o.permission, o.resource, o.subject)), err)
		}
		if a.json() {
			return a.printJSON(describedJSON(left, false))
		}
		return a.permissionTable(left)
	})
	return cmd
}

func newUserSessionCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "user-session", Short: "Show what the credential is",
		SuggestFor: []string{"whoami", "me"}}
	cmd.AddCommand(&cobra.Command{
		Use:     "roles",
		Short:   "List the roles that the credential has",
		Example: `  kubectl sts user-session roles`,
		Args:    cobra.NoArgs,
		RunE: a.withServer(func(ctx context.Context, c *stackstate.Client) error {
			roles, err := c.AvailableRoles(ctx)
			if err != nil {
				return fmt.Errorf("list roles: %w", err)
			}
			if a.json() {
				return a.printJSON(map[string]any{"roles": append([]string{}, roles...)})
			}
			var errs []error
			for _, role := range roles {
				_, err := fmt.Fprintln(a.Out, hint.Printable(role))
				errs = append(errs, err)
			}
			return errors.Join(errs...)
		}),
	})
	return cmd
}
