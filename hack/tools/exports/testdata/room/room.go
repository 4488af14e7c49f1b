// Package room exports more than others use.
package room

// Open is called by the guest.
func Open(o Options) (*Door, error) { return &Door{Hinges: []Hinge{{o.Width, Unseen{}}}}, nil }

// Options come along as an argument, Door as a result, Hinge as a field, Key as a method's argument, Kind by its constant.
type Options struct {
	Width int
	Kind  Kind
}

type Door struct{ Hinges []Hinge }

func (d *Door) Lock(k Key) {}

type Hinge struct {
	width  int
	unseen Unseen
}

type Key string

type Kind string

const Wooden Kind = "wooden"

// Unseen is in a field that nobody outside sees.
type Unseen struct{}

// Alone is called here alone.
func Alone() int { return Limit }

// Limit is read here alone.
const Limit = 3 + len(Name)

const Name = "room"

var _ = Alone()

// Words are a vocabulary, of which the guest knows one.
const (
	Yes = "yes"
	No  = "no"
)

// Tested is called by the tests in a package of their own.
func Tested() {}
