// Command sandboxload has many clients use the sandbox in whose environment it runs, for a while. It fails for an
// answer that nobody asked for, and if the sandbox has grown at the end: what has ended must be forgotten.
//
//	edge-sandbox up --no-cluster -- go run ./hack/sandboxload --clients 200 --duration 1m
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/control"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	clients := flag.Int("clients", 200, "how many clients there are")
	duration := flag.Duration("duration", time.Minute, "how long they work")
	flag.Parse()
	if err := load(ctx, *clients, *duration); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return 0
}

// tokenLife is that of all that is given out, so that what is kept of it can be seen to go within the first third of a
// minute; a busy machine has a client wait for seconds before it gets to use what it was given.
const tokenLife = "18s"

func load(ctx context.Context, clients int, duration time.Duration) error {
	sandbox, err := control.New(os.Getenv)
	if err != nil {
		return err
	}
	lives := map[string]any{
		"accessTokenLifetime": "1m", "refreshTokenLifetime": tokenLife, "sessionLifetime": tokenLife,
		"codeLifetime": tokenLife, "instanceTokenLifetime": tokenLife, "opaqueInstanceTokens": true,
	}
	if err := sandbox.Call(ctx, "PATCH", "/sandbox/settings", lives, nil); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	var requests atomic.Int64
	var all sync.WaitGroup
	failures := make(chan error, clients)
	for n := range clients {
		c, err := newClient(n, &requests)
		if err != nil {
			return err
		}
		all.Go(func() {
			if err := c.work(ctx); err != nil && ctx.Err() == nil {
				failures <- fmt.Errorf("client %d: %w", n, err)
				cancel()
			}
		})
	}
	memory := watch(ctx, os.Getppid())
	all.Wait()
	close(failures)
	var errs []error
	for err := range failures {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	fmt.Printf("%d clients, %d requests in %s, none of them failed\n", clients, requests.Load(), duration)
	return memory.check()
}
