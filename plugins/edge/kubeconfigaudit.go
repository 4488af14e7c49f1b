package edge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/colour"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// sarif is the format for code scanning, which pkg/output does not know.
const sarif = "sarif"

func newKubeconfigAuditCmd(a *app) *cobra.Command {
	var out output.Flags
	var which fleetFlags
	var ask bool
	cmd := &cobra.Command{
		Use:   "audit [FILE|FOLDER|-…]",
		Short: "List the secrets that kubeconfigs hold, without showing them, and what redirects the helper",
		Long: `List the secrets that kubeconfigs hold, without showing them: tokens, client keys, passwords, auth
providers, and arguments and variables of credential helpers that carry one, even in comments.

It also lists talosconfigs, which open the machines of a cluster; the variables that a kubeconfig sets for the
credential helper of kubectl edge, which can decide where it finds its configuration, programs, certificate
authorities and proxies; and users of kubectl edge that were created with --break-glass.

Of a certificate it says until when it lives and what it opens. With --identify your instances are asked which of their
edge clusters that is: it is known by its certificate authority. The servers in the files are never asked.

Without arguments the files are those of kubectl and talosctl. Folders are searched, also for what lies in Secrets and
other manifests, as text, compressed or in base64; what is not YAML, such as a template, is read line by line. A pipe is
read as a file is, and - is the standard input. The exit code is 1 if anything was found, or if a file cannot be read.`,
		Example: `  kubectl edge kubeconfig audit
  kubectl edge kubeconfig audit ~/Downloads ~/src -o wide
  kubectl edge kubeconfig audit . -o sarif > kubeconfigs.sarif
  kubectl edge kubeconfig audit ~/Downloads --identify
  kubectl get secret kubeconfig -o yaml | kubectl edge kubeconfig audit -`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := out.Validate(cmd.Context(), sarif); err != nil {
				return usageError{err}
			}
			if !which.none() && !ask {
				return usageError{errors.New("--name, --instance-id and --all want --identify")}
			}
			if which.none() {
				which.all = true
			}
			if err := which.validate(); err != nil {
				return usageError{err}
			}
			return a.audit(cmd.Context(), paths, which, ask, out)
		},
	}
	cmd.Flags().BoolVar(&ask, "identify", false,
		"ask the instances of the project, or the named ones, which of their edge clusters a credential opens")
	which.addFlags(cmd.Flags())
	out.AddFlags(cmd.Flags())
	cmd.Flags().Lookup("output").Usage += "|" + sarif
	return cmd
}

func (a *app) audit(ctx context.Context, paths []string, which fleetFlags, ask bool, out output.Flags) error {
	again := auditAgain(paths)
	if len(paths) == 0 {
		files, err := kubeconfig.Files("")
		if err != nil {
			return err
		}
		for _, path := range append(files, a.talosconfigs()...) {
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) { // kubectl passes those over, too
				paths = append(paths, path)
			}
		}
		if len(paths) == 0 {
			a.Note("There is no kubeconfig, and no talosconfig.")
		}
	}
	report := audit.Report{Findings: []audit.Finding{}}
	failed := false
	for _, path := range paths {
		audited := func() (audit.Report, error) { return audit.Path(path) }
		if path == "-" {
			audited = func() (audit.Report, error) { return audit.Input(a.In) }
		}
		more, err := interrupt.Read(ctx, audited) // of a pipe, say
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			failed = true
			a.printEach(err)
		}
		report.Add(more)
	}
	if ask {
		unknown, err := a.identify(ctx, report.Findings, which)
		if err != nil {
			return err
		}
		failed = failed || unknown
	}
	if err := a.printFindings(report.Findings, out); err != nil {
		return err
	}
	if report.Passed > 0 {
		a.Note("Read %s; passed over %d that hold no kubeconfig.", plugin.Count(report.Read, "file"), report.Passed)
	}
	switch {
	case len(report.Findings) > 0:
		err := fmt.Errorf("%s in %s", countFindings(report.Findings), countFiles(report))
		identify := !ask && slices.ContainsFunc(report.Findings, unidentified)
		switch {
		case out.Format != "" && identify: // the advice is shown
			return hint.Wrap(err, "which edge cluster an administrator's credential opens: %s --identify", again)
		case out.Format != "":
			return err
		case identify:
			return hint.Wrap(err, "what to do about each: %s -o wide; which edge cluster an administrator's "+
				"credential opens: --identify", again)
		}
		return hint.Wrap(err, "what to do about each: %s -o wide", again)
	case failed:
		return errors.New("not every file could be audited")
	case len(paths) > 0:
		a.Note("No secret found in %s.", plugin.Count(report.Read, "file"))
	}
	return nil
}

// auditAgain is the command that audits the files once more, unless they are many.
func auditAgain(paths []string) string {
	command := "kubectl edge kubeconfig audit"
	if len(paths) > 3 {
		return command + " FILE…"
	}
	for _, path := range paths {
		command += " " + hint.Word(path)
	}
	return command
}

// countFiles says in how many files of those that were read something was found.
func countFiles(report audit.Report) string {
	with := map[string]bool{}
	for _, f := range report.Findings {
		with[f.File] = true
	}
	if len(with) == report.Read {
		return plugin.Count(len(with), "file")
	}
	return fmt.Sprintf("%d of %s", len(with), plugin.Count(report.Read, "file"))
}

// talosconfigs are the files that talosctl reads.
func (a *app) talosconfigs() []string {
	if path := a.Getenv("TALOSCONFIG"); path != "" {
		return []string{path}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	return []string{filepath.Join(home, ".talos", "config")}
}

// identify asks which edge clusters the findings open, if there is one to ask about. It reports whether some could not
// be asked.
func (a *app) identify(ctx context.Context, findings []audit.Finding, which fleetFlags) (failed bool, err error) {
	if !slices.ContainsFunc(findings, identifiable) {
		return false, nil
	}
	cloud, err := a.projectCloud(ctx)
	if err != nil {
		return false, err
	}
	known, missing, err := a.knownClusters(ctx, cloud, which)
	if err != nil {
		return false, err
	}
	identify(findings, known)
	return missing > 0, nil
}

// identifiable reports whether a finding may be a credential of an edge cluster.
func identifiable(f audit.Finding) bool { return len(f.Authorities) > 0 && f.Cluster == "" }

// unidentified reports whether a finding opens all of a cluster that nobody was asked about.
func unidentified(f audit.Finding) bool { return f.Everything && identifiable(f) }

func countFindings(findings []audit.Finding) string {
	counts := map[string]int{}
	for _, f := range findings {
		switch f.Kind {
		case audit.Redirect:
			counts["redirect"]++
		case audit.BreakGlass:
			counts["break-glass user"]++
		default:
			counts["secret"]++
		}
	}
	var parts []string
	for _, what := range []string{"secret", "redirect", "break-glass user"} {
		if counts[what] > 0 {
			parts = append(parts, plugin.Count(counts[what], what))
		}
	}
	return strings.Join(parts, " and ")
}

// printEach prints each of the errors that were joined to err.
func (a *app) printEach(err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		hint.Print(a.ErrOut, err)
		return
	}
	for _, err := range joined.Unwrap() {
		hint.Print(a.ErrOut, err)
	}
}

func (a *app) printFindings(findings []audit.Finding, out output.Flags) error {
	switch {
	case out.Table():
		var table strings.Builder
		if err := output.List(&table, out, a.findingKind(findings), findings); err != nil {
			return err
		}
		header := 1
		if out.NoHeaders {
			header = 0
		}
		return a.Marked(a.Out, table.String(), func(line int) colour.Mark {
			if line < header {
				return colour.None
			}
			return a.markOf(findings[line-header])
		})
	case out.Format != sarif:
		return output.List(a.Out, out, a.findingKind(findings), findings)
	}
	folder, err := os.Getwd()
	if err != nil {
		folder = "" // then addresses are as the paths were given
	}
	data, err := audit.SARIF(findings, a.Build.Version, folder, a.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Out, "%s\n", output.EscapeJSON(data))
	return err
}

// markOf is how bad a finding is.
func (a *app) markOf(f audit.Finding) colour.Mark {
	switch {
	case f.Kind.Setting():
		return colour.Careful
	case !f.Expires.IsZero() && f.Expires.Before(a.Now()):
		return colour.Quiet
	}
	return colour.Bad
}

func (a *app) findingKind(findings []audit.Finding) output.Kind[audit.Finding] {
	opens := slices.ContainsFunc(findings, func(f audit.Finding) bool {
		return f.Cluster != "" || f.Everything ||
			f.Kind == audit.BreakGlass
	})
	line := func(f audit.Finding) string { return strconv.Itoa(f.Line) }
	return output.Kind[audit.Finding]{
		Name: "Finding",
		ID:   func(f audit.Finding) string { return f.File + ":" + line(f) },
		Columns: []output.Column[audit.Finding]{
			{Name: "FILE", Value: func(f audit.Finding) string { return f.File }},
			{Name: "LINE", Value: line},
			{Name: "ENTRY", Value: func(f audit.Finding) string { return f.Entry }},
			{Name: "KIND", Value: func(f audit.Finding) string { return string(f.Kind) }},
			{Name: "FIELD", Value: func(f audit.Finding) string { return f.Field }},
			{Name: "EXPIRES", Value: func(f audit.Finding) string {
				switch {
				case f.Kind.Setting(): // no secret, and so without an end
					return "-"
				case f.Expires.IsZero():
					return "unknown"
				default:
					return f.Expires.Format(time.RFC3339)
				}
			}},
			{Name: "OPENS", Wide: !opens, Value: audit.Finding.What},
			{Name: "MODE", Value: func(f audit.Finding) string { return f.Mode }},
			{Name: "ADVICE", Wide: true, Value: func(f audit.Finding) string { return f.Advice }},
		},
	}
}
