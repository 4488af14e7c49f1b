// Command storm has many clients use a sandbox at once, for a while: programs that ask for tokens while the sandbox
// fails in all the ways that it knows, and HTTP clients that make requests as fast as they can. Each has to get what it
// asked for, or the error that it was to get; and the sandbox's memory has to stay what it is.
//
//	CGO_ENABLED=1 go run -race ./hack/storm -clients 200 -for 1m
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.IntVar(&o.clients, "clients", 200, "how many HTTP clients at once")
	flag.IntVar(&o.helpers, "helpers", 40, "how many credential helpers at once")
	flag.DurationVar(&o.length, "for", time.Minute, "how long the clients work")
	flag.IntVar(&o.rounds, "rounds", 2, "how often helpers meet each fault")
	flag.Parse()
	if err := o.storm(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return 0
}

type options struct {
	clients, helpers, rounds int
	length                   time.Duration
}

func (o options) storm(ctx context.Context, out io.Writer) error {
	if o.clients < 1 || o.helpers < 1 {
		return errors.New("want at least one client and one helper")
	}
	if err := o.stormOfHelpers(ctx, out); err != nil {
		return fmt.Errorf("helpers: %w", err)
	}
	if err := o.stormOfClients(ctx, out); err != nil {
		return fmt.Errorf("clients: %w", err)
	}
	return nil
}
