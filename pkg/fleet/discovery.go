package fleet

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/homedir"
)

// discovery is what a server says of its API: the groups in their order, and the resources of each version of them.
type discovery struct {
	groups    []metav1.APIGroup
	stale     bool                               // the server could not say all
	resources map[string]*metav1.APIResourceList // by group and version, as in apps/v1
}

// lists are the resources of all versions, in the order of the groups.
func (d *discovery) lists() []*metav1.APIResourceList {
	var lists []*metav1.APIResourceList
	for _, group := range d.groups {
		for _, version := range group.Versions {
			if list := d.resources[version.GroupVersion]; list != nil {
				lists = append(lists, list)
			}
		}
	}
	return lists
}

// aggregated asks for all of the API in one answer (Kubernetes 1.27 and later; 1.26 has it as a beta).
const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
	"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

// discover asks the server. One that does not answer in one piece is left to kubectl.
func discover(ctx context.Context, c *connection) (*discovery, error) {
	d := &discovery{resources: map[string]*metav1.APIResourceList{}}
	for _, path := range []string{"/api", "/apis"} {
		body, contentType, err := c.body(ctx, func(client *rest.RESTClient) *rest.Request {
			return client.Get().AbsPath(path).SetHeader("Accept", aggregated)
		})
		if err != nil {
			return nil, err
		}
		if !strings.Contains(contentType, "as=APIGroupDiscoveryList") {
			return nil, cmp.Or(notKubernetes(c, body, contentType), errKubectl)
		}
		var list apidiscovery.APIGroupDiscoveryList
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, fmt.Errorf("read what the server says of its API at %s: %w", path, err)
		}
		for _, group := range list.Items {
			d.add(group)
		}
	}
	return d, nil
}

// notKubernetes is the error of what is not a Kubernetes API, such as the page of a proxy, or nil of what may be an
// older one, which does not say all at once. kubectl asks five times, with a line in its log for each, and then has no
// more to say than which letter it did not expect.
func notKubernetes(c *connection, body []byte, contentType string) error {
	var said metav1.TypeMeta
	if json.Unmarshal(body, &said) == nil && said.Kind != "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || len(body) == 0 {
		kind = "nothing"
	}
	return fmt.Errorf("what answers at %s is not a Kubernetes API: it sent %s", c.client.Get().URL().Host, kind)
}

// add takes a group as the server describes it. A version that the server itself knows from earlier alone, because
// nobody serves it now, is left out, as kubectl does.
func (d *discovery) add(described apidiscovery.APIGroupDiscovery) {
	group := metav1.APIGroup{Name: described.Name}
	for _, version := range described.Versions {
		if version.Freshness == apidiscovery.DiscoveryFreshnessStale {
			d.stale = true
			continue
		}
		gv := schema.GroupVersion{Group: described.Name, Version: version.Version}
		named := metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version}
		if len(group.Versions) == 0 {
			group.PreferredVersion = named
		}
		group.Versions = append(group.Versions, named)
		list := &metav1.APIResourceList{GroupVersion: gv.String()}
		for _, r := range version.Resources {
			list.APIResources = append(list.APIResources, resourcesOf(r)...)
		}
		d.resources[gv.String()] = list
	}
	d.groups = append(d.groups, group)
}

// resourcesOf is a resource with its subresources.
func resourcesOf(r apidiscovery.APIResourceDiscovery) []metav1.APIResource {
	var resources []metav1.APIResource
	parent := metav1.APIResource{
		Name: r.Resource, SingularName: r.SingularResource, Namespaced: r.Scope == apidiscovery.ScopeNamespace,
		Verbs: r.Verbs, ShortNames: r.ShortNames, Categories: r.Categories,
	}
	if kind := r.ResponseKind; kind != nil && *kind != (metav1.GroupVersionKind{}) {
		parent.Group, parent.Version, parent.Kind = kind.Group, kind.Version, kind.Kind
		resources = append(resources, parent)
	}
	for _, sub := range r.Subresources {
		if kind := sub.ResponseKind; kind != nil && *kind != (metav1.GroupVersionKind{}) {
			resources = append(resources, metav1.APIResource{
				Name: r.Resource + "/" + sub.Subresource, SingularName: parent.SingularName,
				Namespaced: parent.Namespaced, Group: kind.Group, Version: kind.Version, Kind: kind.Kind,
				Verbs: sub.Verbs,
			})
		}
	}
	return resources
}

// cacheLife is how long kubectl believes its discovery cache.
const cacheLife = 6 * time.Hour

// unsafeInPath is what kubectl does not want in the name of a folder.
var unsafeInPath = regexp.MustCompile(`[^(\w/.)]`)

// cacheFolder is where kubectl keeps what it knows of a server; see cli-runtime's ConfigFlags.
func cacheFolder(host string) string {
	base := os.Getenv("KUBECACHEDIR")
	if base == "" {
		base = filepath.Join(homedir.HomeDir(), ".kube", "cache")
	}
	host = strings.Replace(strings.Replace(host, "https://", "", 1), "http://", "", 1)
	return filepath.Join(base, "discovery", unsafeInPath.ReplaceAllString(host, "_"))
}

const (
	groupsFile    = "servergroups.json"
	resourcesFile = "serverresources.json"
)

var errExpired = errors.New("the cached discovery has expired")

// readCached reads a file of kubectl's cache that is young enough.
func readCached(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if time.Since(info.ModTime()) > cacheLife {
		return errExpired
	}
	return json.NewDecoder(f).Decode(into)
}

// cached reads kubectl's cache. It is an error if anything is missing.
func cached(folder string) (*discovery, error) {
	var list metav1.APIGroupList
	if err := readCached(filepath.Join(folder, groupsFile), &list); err != nil {
		return nil, err
	}
	d := &discovery{groups: list.Groups, resources: map[string]*metav1.APIResourceList{}}
	for _, group := range list.Groups {
		for _, version := range group.Versions {
			gv, err := schema.ParseGroupVersion(version.GroupVersion)
			if err != nil || !filepath.IsLocal(version.GroupVersion) {
				return nil, fs.ErrInvalid
			}
			resources := &metav1.APIResourceList{}
			path := filepath.Join(folder, gv.Group, gv.Version, resourcesFile)
			if err := readCached(path, resources); err != nil {
				return nil, err
			}
			d.resources[version.GroupVersion] = resources
		}
	}
	return d, nil
}

// keep writes kubectl's cache in its own form, modes included. A cache that cannot be written hinders nobody.
func (d *discovery) keep(folder string) {
	for name, list := range d.resources {
		if len(list.APIResources) == 0 || !filepath.IsLocal(name) {
			continue
		}
		written := *list
		written.TypeMeta = metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}
		if err := writeCached(filepath.Join(folder, name, resourcesFile), written); err != nil {
			return
		}
	}
	groups := metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}, Groups: d.groups}
	_ = writeCached(filepath.Join(folder, groupsFile), groups)
}

// writeCached replaces a file as a whole, as kubectl does: others may read it meanwhile.
func writeCached(path string, object any) error {
	data, err := json.Marshal(object)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(data, '\n'))
	if errClose := f.Close(); err == nil {
		err = errClose
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o660)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
