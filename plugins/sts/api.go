package sts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

type apiOptions struct {
	mintOptions
	method, path string
	header, data string
	once         bool
}

func newAPICmd(a *app) *cobra.Command {
	o := apiOptions{mintOptions: mintOptions{app: a}}
	cmd := &cobra.Command{
		Use:   "api [METHOD] PATH",
		Short: "Make a request to the API",
		Long: `Make a request to the API, authenticated as the context says, or with a minted token if --roles or
--once is given.

The answer is printed as it comes, and JSON is indented on a terminal. An answer of 400 and above is printed too, and
ends with exit code 2.`,
		Example: `  kubectl sts api GET /api/server/status
  kubectl sts api POST /api/security/tokens -d @request.json
  kubectl sts api GET /api/server/info --roles stackstate-guest --header x-api-key`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.method, o.path = http.MethodGet, args[len(args)-1]
			if len(args) == 2 {
				o.method = strings.ToUpper(args[0])
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	o.addFlags(f)
	f.StringVar(&o.header, "header", string(stackstate.AuthorizationHeader),
		"header for a service token: authorization or x-api-key")
	f.StringVarP(&o.data, "data", "d", "", "body of the request; @FILE reads a file, @- stdin")
	f.BoolVar(&o.once, "once", false, "mint a token for this request alone and delete it afterwards")
	return cmd
}

func (o *apiOptions) run(ctx context.Context) error {
	form, err := stackstate.ParseHeaderForm(o.header)
	if err != nil {
		return usage(err)
	}
	if !strings.HasPrefix(o.path, "/") || strings.HasPrefix(o.path, "//") {
		return usage(fmt.Errorf("%q is not a path on the server, such as /api/server/status", o.path))
	}
	s, err := o.settings(ctx)
	if err != nil {
		return err
	}
	body, err := o.body(ctx)
	if err != nil {
		return err
	}
	if o.once {
		token, done, err := o.mintOptions.once(ctx, s)
		if err != nil {
			return err
		}
		defer o.afterUse(done)
		_, err = o.request(ctx, s, serviceToken(token), form, body)
		return err
	}
	if len(o.roles) == 0 {
		credential, err := o.credential(ctx, s)
		if err != nil {
			return err
		}
		_, err = o.request(ctx, s, credential, form, body)
		return err
	}
	return o.withCached(ctx, s, form, body)
}

// withCached makes the request with a cached token and, if the server refuses that, once more with a new one: somebody
// may have deleted it. A request that was refused has changed nothing.
func (o *apiOptions) withCached(ctx context.Context, s settings, form stackstate.HeaderForm, body []byte) error {
	e, err := o.cached(ctx, s, "")
	if err != nil {
		return err
	}
	status, err := o.requestUnless(ctx, s, serviceToken(e.Token), form, body, true)
	if status != http.StatusUnauthorized {
		return err
	}
	if e, err = o.cached(ctx, s, e.Tag()); err != nil {
		return err
	}
	_, err = o.request(ctx, s, serviceToken(e.Token), form, body)
	return err
}

// body is read before anything is sent, so that the request can be repeated.
func (o *apiOptions) body(ctx context.Context) ([]byte, error) {
	name, isFile := strings.CutPrefix(o.data, "@")
	switch {
	case o.data == "":
		return nil, nil
	case !isFile:
		return []byte(o.data), nil
	case name == "-":
		data, err := o.readIn(ctx, maxBody)
		if err != nil {
			err = fmt.Errorf("read the body from stdin: %w", err)
		}
		return data, withCode(exitRead, err)
	}
	data, err := readInput(ctx, name, maxBody)
	if err != nil {
		err = fmt.Errorf("read the body: %w", err)
	}
	return data, withCode(exitRead, err)
}

func (o *apiOptions) request(ctx context.Context, s settings, c stackstate.Credential, form stackstate.HeaderForm,
	body []byte) (int, error) {
	return o.requestUnless(ctx, s, c, form, body, false)
}

// requestUnless makes the request and prints the answer, except for a 401 that is not to be shown.
func (o *apiOptions) requestUnless(ctx context.Context, s settings, c stackstate.Credential, form stackstate.HeaderForm,
	body []byte, hide401 bool) (int, error) {
	client, err := o.clientWith(ctx, s, c)
	if err != nil {
		return 0, err
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	resp, err := client.Do(ctx, o.method, o.path, reader, form)
	if err != nil {
		return 0, o.explain(s, &stackstate.ConnectError{APIURL: s.url, Err: err})
	}
	defer resp.Body.Close()
	if hide401 && resp.StatusCode == http.StatusUnauthorized {
		return resp.StatusCode, nil
	}
	answer, err := io.ReadAll(resp.Body)
	if printErr := o.printAnswer(answer); printErr != nil {
		return resp.StatusCode, printErr
	}
	if err != nil {
		return resp.StatusCode, withCode(exitConnect,
			fmt.Errorf("%s %s: the answer was cut off: %w", o.method, o.path, err))
	}
	if resp.StatusCode >= 400 {
		return resp.StatusCode, client.NewError(resp, answer)
	}
	return resp.StatusCode, nil
}

// printAnswer prints what came, indented if it is JSON and a person reads it.
func (o *apiOptions) printAnswer(answer []byte) error {
	if plugin.Terminal(o.Out) {
		var indented bytes.Buffer
		if json.Indent(&indented, bytes.TrimSpace(answer), "", "  ") == nil && indented.Len() > 0 {
			indented.WriteByte('\n')
			answer = indented.Bytes()
		}
	}
	out := o.Out
	if !plugin.Terminal(out) {
		out = plugin.Raw(out) // for a program, byte for byte
	}
	_, err := out.Write(answer)
	return err
}
