// Package fleet answers kubectl's reading commands for many clusters at once, in one process, in kubectl's own words:
// get, wait, version, api-resources, auth whoami and raw paths.
//
// It asks with client-go, prints with cli-runtime's printers, and shares kubectl's discovery cache. It does without
// cli-runtime's resource builder and client-go's discovery package: they bring kustomize, all API types and OpenAPI
// with them, which more than doubles the program and adds 5 ms to each start of it, a mint's too. What is left of their
// work is small: see resources.go and selection.go. A command or flag that is not known here is not answered here at
// all, so that the answer is always kubectl's.
package fleet

import (
	"bytes"
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
)

// Member is one cluster of the fleet, as a context names it.
type Member struct {
	Context   string
	Instance  string // how tables call the instance
	Cluster   string // how tables call its edge cluster; "" for the instance itself
	Namespace string // of the context, or default
	Config    *rest.Config
	// Credential returns what the cluster takes. After the server has refused one, it is asked again with that one.
	Credential func(ctx context.Context, refused *Credential) (Credential, error)
}

// Credential is a token, or a certificate with its key. It is not printed.
type Credential struct {
	Token   string
	CertPEM []byte
	KeyPEM  []byte
	ID      string // for who gave it
}

// String hides the credential.
func (c Credential) String() string { return "credential" }

// GoString hides the credential from %#v.
func (c Credential) GoString() string { return "credential" }

// Answer is what kubectl would have printed for one member.
type Answer struct {
	Tables []Table      // what it prints as tables, which are merged
	Out    bytes.Buffer // all else
	Notes  []string     // lines on standard error that are not errors
	Err    error
}

// Rows is how many rows the tables have.
func (a *Answer) Rows() int {
	rows := 0
	for _, t := range a.Tables {
		for _, page := range t.pages {
			rows += len(page.Rows)
		}
	}
	return rows
}

// errKubectl is the error of what kubectl itself has to answer.
var errKubectl = errors.New("only kubectl can answer this")

// NeedsKubectl reports whether the member has to be asked by kubectl itself, such as a server that is too old for what
// is known here.
func (a *Answer) NeedsKubectl() bool { return NeedsKubectl(a.Err) }

// NeedsKubectl reports whether err is that of what kubectl itself has to answer.
func NeedsKubectl(err error) bool { return errors.Is(err, errKubectl) }

// Command is one of kubectl's commands, with its flags.
type Command struct {
	verb  verb
	watch *getCommand // set if it goes on until it is interrupted
}

// verb asks one member.
type verb interface {
	run(ctx context.Context, c *connection, a *Answer) error
}

// Watches reports whether the command goes on until it is interrupted.
func (c *Command) Watches() bool { return c.watch != nil }

// SortObjects puts the objects of all members in the order that the command asks for, if it does. What cannot be
// compared stays in any order: each member had its own sorted, or has said why not.
func (c *Command) SortObjects(items []unstructured.Unstructured) {
	if g, ok := c.verb.(*getCommand); ok && g.sortBy != "" {
		_ = sortObjects(items, g.sortBy)
	}
}

// Run asks one member.
func (c *Command) Run(ctx context.Context, m *Member) *Answer {
	a := &Answer{}
	connection := &connection{member: m, note: func(s string) { a.Notes = append(a.Notes, s) }}
	defer connection.close()
	if err := c.verb.run(ctx, connection, a); errors.Is(err, errKubectl) {
		return &Answer{Err: errKubectl} // and nothing of what was found out until then
	} else if isTooMuch(err) {
		return &Answer{Err: err, Notes: a.Notes}
	} else if err != nil {
		a.Err = err
	}
	return a
}
