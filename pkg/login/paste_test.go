package login

import (
	"context"
	"errors"
	"io"
	"net/url"
	"regexp"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func TestPaste(t *testing.T) {
	w := newWorld(t)
	for _, tc := range []struct {
		name  string
		paste func(back *url.URL) string
		want  string
	}{
		{"address", func(back *url.URL) string { return back.String() + "\n" }, ""},
		{"address without newline", func(back *url.URL) string { return back.String() }, ""},
		{"code", func(back *url.URL) string { return " " + back.Query().Get("code") + " \r\n" }, ""},
		{"query", func(back *url.URL) string { return "?" + back.RawQuery + "#\n" }, ""},
		{"wrong, then right", func(back *url.URL) string {
			return "\nhttp://" + back.Host + "/\nhttp://localhost:8000?code=x&state=y\n" + back.String() + "\n"
		}, ""},
		{"taken back", func(back *url.URL) string { return "xy\x7f\b" + back.String() + "\n" }, ""},
		{"nothing", func(*url.URL) string { return "\n" }, "nothing was pasted"},
		{"closed input", func(*url.URL) string { return "" }, "nothing was pasted"},
		{"address without answer", func(back *url.URL) string { return "http://" + back.Host + "/\n" },
			"neither a code nor"},
		{"wrong state", func(back *url.URL) string { return "http://localhost:8000?code=x&state=y\n" },
			"does not belong to this login"},
		{"denied", func(back *url.URL) string {
			return "?error=access_denied&state=" + back.Query().Get("state") +
				"\n"
		}, "denied"},
		{"wrong code", func(*url.URL) string { return "rubbish\n" }, "invalid_grant"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &person{w: w}
			in, out := io.Pipe()
			i := p.interaction(func(string) error { t.Error("a browser was opened"); return nil })
			i.In = in
			i.ErrOut = writerFunc(func(data []byte) (int, error) {
				if address := regexp.MustCompile(`https://\S+`).Find(data); address != nil {
					go func() {
						back, err := p.signIn(string(address), true)
						if err != nil {
							t.Error(err)
							back = &url.URL{}
						}
						_, _ = io.WriteString(out, tc.paste(back))
						_ = out.Close()
					}()
				}
				return p.Write(data)
			})
			_, err := w.account().Login(t.Context(), browserSignIn{Interaction: i, Paste: true})
			if tc.want != "" {
				wantError(t, err, tc.want, "")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			w.wantToken(sandbox.AdminUser)
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(data []byte) (int, error) { return f(data) }

func TestPasteIsInterrupted(t *testing.T) {
	w := newWorld(t)
	p := &person{w: w}
	ctx, cancel := context.WithCancel(t.Context())
	i := p.interaction(nil)
	in, out := io.Pipe()
	defer out.Close()
	i.In = in
	i.ErrOut = writerFunc(func(data []byte) (int, error) { cancel(); return len(data), nil })
	_, err := w.account().Login(ctx, browserSignIn{Interaction: i, Paste: true})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
