package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// resources finds what a person means by the name of a resource: plural, singular or kind, a short name, with a group
// or its beginning, with a version. The rules are those of client-go's restmapper, which kubectl uses.
type resources struct {
	discovery *discovery
	fresh     bool // asked of the server by this process

	once   sync.Once
	mapper meta.RESTMapper
}

// known are the resources of servers that this process has read or asked for: several contexts may be of one server.
type known struct {
	mu sync.Mutex
	by map[string]*knownServer
}

type knownServer struct {
	mu        sync.Mutex
	resources *resources
}

// server returns the place for what is known of a server.
func (k *known) server(folder string) *knownServer {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by == nil {
		k.by = map[string]*knownServer{}
	}
	if k.by[folder] == nil {
		k.by[folder] = &knownServer{}
	}
	return k.by[folder]
}

// of returns the resources of a member's server: from kubectl's cache unless they must be fresh.
func (k *known) of(ctx context.Context, c *connection, fresh bool) (*resources, error) {
	folder := cacheFolder(c.member.Config.Host)
	server := k.server(folder)
	server.mu.Lock()
	defer server.mu.Unlock()
	if r := server.resources; r != nil && (r.fresh || !fresh) {
		return r, nil
	}
	if !fresh {
		if d, err := cached(folder); err == nil {
			server.resources = &resources{discovery: d}
			return server.resources, nil
		}
	}
	d, err := discover(ctx, c)
	if err != nil {
		return nil, err
	}
	d.keep(folder)
	server.resources = &resources{discovery: d, fresh: true}
	return server.resources, nil
}

// mappings finds what the words mean on a member's server. What the cache does not know may be new there.
func (k *known) mappings(ctx context.Context, c *connection, find func(*resources) error) error {
	r, err := k.of(ctx, c, false)
	if err != nil {
		return err
	}
	err = find(r)
	if err == nil || r.fresh {
		return err
	}
	if r, err = k.of(ctx, c, true); err != nil {
		return err
	}
	return find(r)
}

// rest is the mapper of all groups, in the order of the server's preference; see NewDiscoveryRESTMapper of client-go.
func (r *resources) rest() meta.RESTMapper {
	r.once.Do(func() { r.mapper = r.newMapper() })
	return r.mapper
}

func (r *resources) newMapper() meta.RESTMapper {
	var all meta.MultiRESTMapper
	// /v1 always comes first
	byResource := []schema.GroupVersionResource{{Version: "v1", Resource: meta.AnyResource}}
	byKind := []schema.GroupVersionKind{{Version: "v1", Kind: meta.AnyKind}}
	prefer := func(group, version string) {
		byResource = append(byResource,
			schema.GroupVersionResource{Group: group, Version: version, Resource: meta.AnyResource})
		byKind = append(byKind, schema.GroupVersionKind{Group: group, Version: version, Kind: meta.AnyKind})
	}
	for _, group := range r.discovery.groups {
		if group.PreferredVersion.Version != "" && r.discovery.resources[group.PreferredVersion.GroupVersion] != nil {
			prefer(group.Name, group.PreferredVersion.Version)
		}
		for _, version := range group.Versions {
			list := r.discovery.resources[version.GroupVersion]
			if list == nil {
				continue
			}
			if version.Version != group.PreferredVersion.Version {
				prefer(group.Name, version.Version)
			}
			all = append(all, mapperOf(schema.GroupVersion{Group: group.Name, Version: version.Version}, list))
		}
	}
	for _, group := range r.discovery.groups {
		prefer(group.Name, meta.AnyVersion)
	}
	return &meta.PriorityRESTMapper{Delegate: all, ResourcePriority: byResource, KindPriority: byKind}
}

func mapperOf(gv schema.GroupVersion, list *metav1.APIResourceList) *meta.DefaultRESTMapper {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{gv})
	for _, resource := range list.APIResources {
		if strings.Contains(resource.Name, "/") { // a subresource
			continue
		}
		scope := meta.RESTScope(meta.RESTScopeRoot)
		if resource.Namespaced {
			scope = meta.RESTScopeNamespace
		}
		plural, singular := gv.WithResource(resource.Name), gv.WithResource(resource.SingularName)
		if resource.SingularName == "" {
			_, singular = meta.UnsafeGuessKindToResource(gv.WithKind(resource.Kind))
		}
		mapper.AddSpecific(gv.WithKind(strings.ToLower(resource.Kind)), plural, singular, scope)
		mapper.AddSpecific(gv.WithKind(resource.Kind), plural, singular, scope)
		mapper.Add(gv.WithKind(resource.Kind+"List"), scope)
	}
	mapper.Add(gv.WithKind("List"), meta.RESTScopeRoot)
	return mapper
}

// expand replaces a short name by what it stands for; warn is called for ambiguous ones. See restmapper's
// shortcutExpander.
func (r *resources) expand(resource schema.GroupVersionResource, warn func(string)) schema.GroupVersionResource {
	type shortcut struct{ short, long schema.GroupResource }
	var shortcuts []shortcut
	for _, list := range r.discovery.lists() {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, known := range list.APIResources {
			named := resource.Resource == known.Name || resource.Resource == known.SingularName
			if named && (resource.Group == "" || resource.Group == gv.Group) {
				return resource
			}
			for _, short := range known.ShortNames {
				shortcuts = append(shortcuts, shortcut{
					schema.GroupResource{Group: gv.Group, Resource: short},
					schema.GroupResource{Group: gv.Group, Resource: known.Name},
				})
			}
		}
	}
	var found schema.GroupResource
	var warned []schema.GroupResource
	for _, s := range shortcuts {
		switch {
		case resource.Group != "" && resource.Group != s.short.Group, resource.Resource != s.short.Resource:
		case found.Empty():
			found = s.long
		case found != s.long && !slices.Contains(warned, s.long):
			warned = append(warned, s.long)
			warn(fmt.Sprintf("short name %q could also match lower priority resource %s", resource.Resource, s.long))
		}
	}
	if !found.Empty() {
		return found.WithVersion("")
	}
	for _, s := range shortcuts {
		if resource.Group != "" && strings.HasPrefix(s.short.Group, resource.Group) &&
			resource.Resource == s.short.Resource {
			resource.Group, resource.Resource = s.long.Group, s.long.Resource
			return resource
		}
	}
	return resource
}

// mapping finds what a word means; see mappingFor of cli-runtime's Builder.
func (r *resources) mapping(word string, warn func(string)) (*meta.RESTMapping, error) {
	mapper := r.rest()
	full, partial := schema.ParseResourceArg(word)
	var gvk schema.GroupVersionKind
	if full != nil {
		gvk, _ = mapper.KindFor(r.expand(*full, warn))
	}
	if gvk.Empty() {
		gvk, _ = mapper.KindFor(r.expand(partial.WithVersion(""), warn))
	}
	if !gvk.Empty() {
		return mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	}
	fullKind, kind := schema.ParseKindArg(word)
	if fullKind == nil {
		fullKind = &schema.GroupVersionKind{Group: kind.Group, Kind: kind.Kind}
	}
	if !fullKind.Empty() {
		if mapping, err := mapper.RESTMapping(fullKind.GroupKind(), fullKind.Version); err == nil {
			return mapping, nil
		}
	}
	mapping, err := mapper.RESTMapping(kind)
	if meta.IsNoMatchError(err) {
		if partial.Group != "" { // what is said of the group differs from one kubectl to the next
			return nil, errKubectl
		}
		return nil, fmt.Errorf("the server doesn't have a resource type %q", partial.Resource)
	}
	return mapping, err
}

// category returns the resources of a category such as all, in the order of discovery.
func (r *resources) category(name string) []string {
	var members []string
	for _, list := range r.discovery.lists() {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, resource := range list.APIResources {
			if slices.Contains(resource.Categories, name) {
				members = append(members, schema.GroupResource{Group: gv.Group, Resource: resource.Name}.String())
			}
		}
	}
	return members
}
