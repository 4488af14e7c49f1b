// Package edgeclusters has the edge clusters of an instance's Kubernetes API: the objects that the instance shows of
// them, and a real kube-apiserver and kube-controller-manager for each, which sign certificates as those of Talos do.
//
// An edge cluster that nobody asks is a listening socket and no process. Its servers start with the first connection,
// which waits for them; they keep what they hold in the etcd of the instance's API server, each below a prefix of its
// own, and end with that.
package edgeclusters

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/cluster"
)

// inNamespace is where the instance has the objects of its edge clusters.
const inNamespace = "default"

// Options say where edge clusters are.
type Options struct {
	Servers string           // folder with kube-apiserver and kube-controller-manager
	Cluster *cluster.Cluster // the instance's, whose etcd is used, and which has the objects
	Listen  netip.Addr       // where edge clusters are reached; 127.0.0.1 if that is not set
	Host    string           // name or address in their URLs; that of Listen if ""
	// Port gives the next port to be listened at, 0 for any; nil for any.
	Port func() (int, error)
}

// Set is the edge clusters of one API server. It is a sandbox.EdgeClusters.
type Set struct {
	options Options
	objects *objects
	dir     string   // has a folder for each
	first   []string // names of those that there were in the beginning

	mu       sync.Mutex
	clusters []*edgeCluster // oldest first
	closed   bool
}

var _ sandbox.EdgeClusters = (*Set)(nil)

// Open makes n edge clusters, besides those that the folder of the instance's API server keeps: berlin, hamburg,
// munich, cluster04, … Those that it keeps count.
func Open(ctx context.Context, o Options, n int) (_ *Set, err error) {
	if !o.Listen.IsValid() {
		o.Listen = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	o.Host = cmp.Or(o.Host, o.Listen.String())
	if o.Port == nil {
		o.Port = func() (int, error) { return 0, nil }
	}
	s := &Set{options: o, dir: filepath.Join(o.Cluster.Dir(), "edge")}
	if s.objects, err = newObjects(o.Cluster); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	if err := s.restore(); err != nil {
		return nil, err
	}
	for i := len(s.clusters); i < n; i++ {
		if err := s.Add(ctx, nameOf(i)); err != nil {
			return nil, err
		}
	}
	s.first = s.names()
	return s, nil
}

func (s *Set) names() (names []string) {
	for _, c := range s.List() {
		names = append(names, c.Name)
	}
	return names
}

// nameOf is the name of the edge cluster number i.
func nameOf(i int) string {
	if names := []string{"berlin", "hamburg", "munich"}; i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("cluster%02d", i+1)
}

// restore takes over the edge clusters that the folder keeps.
func (s *Set) restore() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		r, err := readRecord(filepath.Join(s.dir, entry.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was being made, or removed
		}
		if err != nil {
			return err
		}
		c := s.newCluster(*r)
		if err := c.resume(); err != nil {
			return err
		}
		s.clusters = append(s.clusters, c)
	}
	slices.SortFunc(s.clusters, func(a, b *edgeCluster) int { return a.record.Made.Compare(b.record.Made) })
	return nil
}

// Stop ends all edge clusters. What they hold stays with the instance's.
func (s *Set) Stop() {
	s.mu.Lock()
	s.closed = true
	clusters := s.clusters
	s.mu.Unlock()
	var stopping sync.WaitGroup
	for _, c := range clusters {
		stopping.Go(c.close)
	}
	stopping.Wait()
}

// List implements sandbox.EdgeClusters.
func (s *Set) List() []sandbox.EdgeCluster {
	s.mu.Lock()
	clusters := slices.Clone(s.clusters)
	s.mu.Unlock()
	var all []sandbox.EdgeCluster
	for _, c := range clusters {
		all = append(all, c.state())
	}
	return all
}

// find returns the edge cluster of a name.
func (s *Set) find(name string) (*edgeCluster, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clusters {
		if c.name == name {
			return c, nil
		}
	}
	return nil, hint.Wrap(fmt.Errorf("no edge cluster %q", name),
		"edge-sandbox cluster list shows those that there are")
}

// Add implements sandbox.EdgeClusters.
func (s *Set) Add(ctx context.Context, name string) error {
	if wrong := validation.IsDNS1123Label(name); wrong != nil {
		return fmt.Errorf("edge cluster %q: %s", name, wrong[0])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errors.New("the sandbox ends")
	case slices.ContainsFunc(s.clusters, func(c *edgeCluster) bool { return c.name == name }):
		return fmt.Errorf("there is an edge cluster %s", name)
	}
	c, err := s.create(ctx, name)
	if err != nil {
		return fmt.Errorf("make edge cluster %s: %w", name, err)
	}
	s.clusters = append(s.clusters, c)
	return nil
}

func (s *Set) create(ctx context.Context, name string) (*edgeCluster, error) {
	port, err := s.options.Port()
	if err != nil {
		return nil, err
	}
	machinePort, err := s.options.Port()
	if err != nil {
		return nil, err
	}
	c := s.newCluster(record{
		Name: name, Port: port, MachinePort: machinePort, Made: time.Now(), Settings: normal(),
	})
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, err
	}
	if err := c.begin(ctx); err != nil {
		c.close()
		return nil, errors.Join(err, os.RemoveAll(c.dir))
	}
	return c, nil
}

// normal are the settings of a new edge cluster.
func normal() sandbox.EdgeClusterSettings {
	words := sandbox.EdgeClusterWords()
	return sandbox.EdgeClusterSettings{
		Status: words["status"][0], Signer: words["signer"][0], SigningDuration: sandbox.Duration(year),
		Secret: words["secret"][0], Administrator: words["administrator"][0], Front: words["front"][0],
		Talosconfig: words["talosconfig"][0], MachineAPI: words["machineApi"][0],
	}
}

// Remove implements sandbox.EdgeClusters.
func (s *Set) Remove(ctx context.Context, name string) error {
	c, err := s.find(name)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.clusters = slices.DeleteFunc(s.clusters, func(other *edgeCluster) bool { return other == c })
	s.mu.Unlock()
	c.close()
	return errors.Join(s.objects.remove(ctx, name), os.RemoveAll(c.dir))
}

// Set implements sandbox.EdgeClusters.
func (s *Set) Set(ctx context.Context, name string, changed sandbox.EdgeClusterSettings) error {
	c, err := s.find(name)
	if err != nil {
		return err
	}
	return c.apply(ctx, changed)
}

// Start implements sandbox.EdgeClusters.
func (s *Set) Start(_ context.Context, name string) error {
	c, err := s.find(name)
	if err != nil {
		return err
	}
	_, err = c.serve()
	return err
}

// Recreate implements sandbox.EdgeClusters.
func (s *Set) Recreate(ctx context.Context, name string) error {
	c, err := s.find(name)
	if err != nil {
		return err
	}
	return c.recreate(ctx)
}

// RotateCA implements sandbox.EdgeClusters.
func (s *Set) RotateCA(ctx context.Context, name string, keepOld bool) error {
	c, err := s.find(name)
	if err != nil {
		return err
	}
	return c.rotateCA(ctx, keepOld)
}

// Audit implements sandbox.EdgeClusters.
func (s *Set) Audit(name string) ([]byte, error) {
	c, err := s.find(name)
	if err != nil {
		return nil, err
	}
	log, err := os.ReadFile(filepath.Join(c.dir, auditFile))
	if errors.Is(err, fs.ErrNotExist) { // it has not started yet
		return nil, nil
	}
	return log, err
}

// Reset implements sandbox.EdgeClusters.
func (s *Set) Reset(ctx context.Context) error {
	var errs []error
	names := s.names()
	for _, name := range names {
		if slices.Contains(s.first, name) {
			errs = append(errs, s.Set(ctx, name, normal()))
		} else {
			errs = append(errs, s.Remove(ctx, name))
		}
	}
	for _, name := range s.first {
		if !slices.Contains(names, name) {
			errs = append(errs, s.Add(ctx, name))
		}
	}
	return errors.Join(append(errs, s.LetReadSecrets(ctx, true))...)
}

// LetReadSecrets implements sandbox.EdgeClusters.
func (s *Set) LetReadSecrets(ctx context.Context, may bool) error {
	return s.objects.letReadSecrets(ctx, may)
}

func newObjects(c *cluster.Cluster) (*objects, error) {
	config := c.Admin()
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	custom, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &objects{client: client, custom: custom, cluster: c}, nil
}
