package sts

import (
	"context"
	"errors"
	"io"
	"testing"
)

// TestReadingIsInterrupted: Ctrl-C ends a command that waits for input which never comes.
func TestReadingIsInterrupted(t *testing.T) {
	for _, args := range [][]string{
		{"service-token", "list", "--service-token-stdin"},
		{"context", "save", "--service-token-stdin"},
		{"api", "POST", "/api/security/tokens", "-d", "@-"},
	} {
		p := newPerson(t)
		if args[0] != "api" {
			getenv := p.app.Getenv
			p.app.Getenv = func(name string) string {
				if name == "STS_CLI_API_TOKEN" {
					return ""
				}
				return getenv(name)
			}
		}
		ctx, interrupt := context.WithCancel(t.Context())
		silent, _ := io.Pipe()
		p.app.In = readerFunc(func(b []byte) (int, error) {
			interrupt()
			return silent.Read(b)
		})
		if out, err := p.do(ctx, args...); !errors.Is(err, context.Canceled) {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
