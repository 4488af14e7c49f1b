package main

import (
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/hack/faultwalk/inject"
)

// operation is a command that writes, and what has to hold of it.
type operation struct {
	name string
	// Commands that run before, once; $NAME stands for a variable of the environment.
	setUp [][]string
	// What else is done before: arrange once, each before each run.
	arrange, each func(context.Context, *world) error

	args  []string
	stdin func(*world) string

	// done returns an error unless what the command is for is there, whole.
	done func(context.Context, *world, outcome) error
	// says is what it says only when it is done, besides ending with 0.
	says string
	// documents are files of others that it changes, whole or not at all.
	documents []string
	// secrets are files, or folders with a slash at the end, in which it may leave secrets besides those of all.
	secrets []string
	// after is what the next run may say instead of succeeding, such as that what it was to make is there already; done
	// holds then, too.
	after *regexp.Regexp
	// then is a command that comes after the next run: what that one does not get to, because there is nothing left to
	// do, the next one that writes the same file sweeps.
	then string
	// inPlace has the kubeconfig written in place: killed in the middle, it is whole again only after the next run.
	inPlace bool
	// later lets time pass before the next run.
	later func(*world) error
	// cluster is that it is about an edge cluster.
	cluster bool
	// settle is a check at the end, after the next run.
	settle func(context.Context, *world) error
}

// operations are all, or without servers those that need none.
func operations(servers string) []*operation {
	all := slices.Concat(edgeOperations(), stsOperations())
	if servers != "" {
		all = append(all, clusterOperations()...)
	}
	return all
}

// fill puts variables into arguments, and finds the program.
func (w *world) fill(args []string) []string {
	args = slices.Clone(args)
	if i := slices.Index(args, execArgs); i >= 0 {
		args = slices.Replace(args, i, i+1, w.execArgs...)
	}
	for i, arg := range args {
		args[i] = regexp.MustCompile(`\$[A-Z_]+`).ReplaceAllStringFunc(arg, func(name string) string {
			if name == "$WORLD" {
				return w.dir
			}
			return w.variable(name[1:])
		})
	}
	if args[0] == helper { // as kubectl runs it: it compares its environment with its parent's
		args = append([]string{"/bin/sh", "-c", `"$@"; exit $?`, "kubectl", filepath.Join(w.bin, helper)}, args[1:]...)
	}
	if !filepath.IsAbs(args[0]) {
		args[0] = filepath.Join(w.bin, args[0])
	}
	return args
}

const helper = "kubectl-edge_credential"

func words(s string) []string { return strings.Fields(s) }

// varying are the parts of names that are drawn at random or hashed, so that they are not the same in each run.
var varying = regexp.MustCompile(`[0-9a-f]{10,}|\b[a-z2-7]{26}\b|\b[0-9]{4,}\b|\b[0-9a-f]{2}\.lock\b`)

// class stands for a path in the name of a call.
func class(rel string) string { return varying.ReplaceAllString(rel, "*") }

// trial is a run to be made.
type trial struct {
	op    *operation
	call  inject.Call
	fault inject.Fault
}

func (t trial) String() string { return t.op.name + "/" + t.call.String() + "/" + t.fault.Name }
