package sts

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

// tokenInput is the ways in which a token of one kind can be given.
type tokenInput struct {
	kind  stackstate.Kind
	value string // on the command line: visible to others
	file  string
	stdin bool
}

// globalFlags are the flags of all commands, as typed.
type globalFlags struct {
	output, context, config string
	noColor, verbose        bool
	requestTimeout          time.Duration

	url              string
	tokens           [3]tokenInput
	skipSSL          bool
	caPath, caBase64 string

	serviceAccount, kubeconfig, kubeContext string
	audiences                               []string
}

func (g *globalFlags) addFlags(f *pflag.FlagSet) {
	f.StringVarP(&g.output, "output", "o", "text", "text or json")
	f.StringVarP(&g.context, "context", "c", "",
		"StackState context to use instead of the current one ($STS_CLI_CONTEXT)")
	f.StringVar(&g.config, "config", "", "configuration file (default: config.yaml in kubectl-sts of the user's "+
		"configuration folder)")
	f.BoolVar(&g.noColor, "no-color", false, "neither colour nor symbols ($NO_COLOR)")
	plugin.AddVerbose(f, &g.verbose,
		"log each HTTP request on stderr: method, address, status and duration, no headers or bodies")
	f.DurationVar(&g.requestTimeout, "request-timeout", 30*time.Second, "how long one request may take")

	f.StringVar(&g.url, "url", "", "URL of the StackState instance ($STS_CLI_URL)")
	g.tokens = [3]tokenInput{{kind: stackstate.KindAPIToken}, {kind: stackstate.KindServiceToken},
		{kind: stackstate.KindKubernetesToken}}
	for i := range g.tokens {
		t := &g.tokens[i]
		name := string(t.kind)
		what := map[stackstate.Kind]string{
			stackstate.KindAPIToken:        "API token of a user",
			stackstate.KindServiceToken:    "service token",
			stackstate.KindKubernetesToken: "token of a Kubernetes service account",
		}[t.kind]
		f.StringVar(&t.value, name, "", fmt.Sprintf("%s, visible to others: rather use the next two ($%s)", what,
			variables[t.kind]))
		f.BoolVar(&t.stdin, name+"-stdin", false, "read the "+what+" from stdin")
		file := name + "-file"
		if t.kind == stackstate.KindKubernetesToken {
			file = name + "-path"
		}
		f.StringVar(&t.file, file, "", "file with the "+what)
	}
	f.StringVar(&g.serviceAccount, "k8s-service-account", "",
		"Kubernetes service account to request a token for, as [NAMESPACE/]NAME, or @me for the one that the "+
			"kubeconfig's user is")
	f.StringSliceVar(&g.audiences, "k8s-audience", nil, "audience of the requested Kubernetes token (repeatable)")
	f.StringVar(&g.kubeconfig, "kubeconfig", "", "kubeconfig for --k8s-service-account")
	f.StringVar(&g.kubeContext, "kube-context", "", "context of the kubeconfig, for --k8s-service-account")
	f.BoolVar(&g.skipSSL, "skip-ssl", false, "do not check the server's certificate: insecure ($STS_SKIP_SSL)")
	f.StringVar(&g.caPath, "ca-cert-path", "", "PEM file with the CA certificate of the server ($STS_CA_CERT_PATH)")
	f.StringVar(&g.caBase64, "ca-cert-base64-data", "",
		"the same, as base64 of the PEM file ($STS_CA_CERT_BASE64_DATA)")
}

// outputs are the values of --output.
func outputs() []string { return []string{"text", "json"} }

// checkOutput refuses a value of --output that is not one of known.
func checkOutput(format string, known ...string) error {
	if slices.Contains(known, format) {
		return nil
	}
	return usage(hint.Among(fmt.Errorf("output %q is unknown: use %s", format, hint.Either(known...)), "-o ", format,
		known))
}

func (g *globalFlags) validate() error {
	if err := checkOutput(g.output, outputs()...); err != nil {
		return err
	}
	stdin := 0
	for _, t := range g.tokens {
		ways := 0
		for _, given := range []bool{t.value != "", t.file != "", t.stdin} {
			if given {
				ways++
			}
		}
		if ways > 1 {
			return usage(fmt.Errorf("give the %s in one way only", t.kind))
		}
		if t.stdin {
			stdin++
		}
	}
	if stdin > 1 {
		return usage(fmt.Errorf("only one token can be read from stdin"))
	}
	if g.requestTimeout <= 0 {
		return usage(fmt.Errorf("--request-timeout must be positive"))
	}
	return nil
}
