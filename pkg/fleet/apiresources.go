package fleet

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// apiResourcesCommand is kubectl api-resources.
type apiResourcesCommand struct {
	known      *known
	cached     bool
	output     string // "", wide or name
	noHeaders  bool
	group      *string
	namespaced *bool
	verbs      []string
	categories []string
	sortBy     string
}

func (r *apiResourcesCommand) table() (tableOptions, string) {
	return tableOptions{noHeaders: r.noHeaders}, ""
}

func (r *apiResourcesCommand) run(ctx context.Context, c *connection, a *Answer) error {
	found, err := r.known.of(ctx, c, !r.cached)
	if err != nil {
		return err
	}
	resources := r.wanted(found.discovery)
	if found.discovery.stale || len(resources) == 0 && r.output != "name" {
		return errKubectl // which says what is missing, and prints a header or nothing
	}
	var rows [][]string
	for _, resource := range resources {
		if r.output == "name" {
			name := resource.Name
			if resource.Group != "" {
				name += "." + resource.Group
			}
			fmt.Fprintln(&a.Out, name)
			continue
		}
		gv := schema.GroupVersion{Group: resource.Group, Version: resource.Version}
		row := []string{resource.Name, strings.Join(resource.ShortNames, ","), gv.String(),
			fmt.Sprint(resource.Namespaced), resource.Kind}
		if r.output == "wide" {
			row = append(row, strings.Join(resource.Verbs, ","), strings.Join(resource.Categories, ","))
		}
		rows = append(rows, row)
	}
	if r.output != "name" {
		header := []string{"NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"}
		if r.output == "wide" {
			header = append(header, "VERBS", "CATEGORIES")
		}
		a.Tables = append(a.Tables, plainTable(header, rows))
	}
	return nil
}

// wanted are the resources of the preferred versions that the flags want, in kubectl's order.
func (r *apiResourcesCommand) wanted(d *discovery) []metav1.APIResource {
	var wanted []metav1.APIResource
	for _, list := range d.preferred() {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, resource := range list.APIResources {
			missing := func(have []string) func(string) bool {
				return func(want string) bool { return !slices.Contains(have, want) }
			}
			if len(resource.Verbs) == 0 || r.group != nil && *r.group != gv.Group ||
				r.namespaced != nil && *r.namespaced != resource.Namespaced ||
				slices.ContainsFunc(r.verbs, missing(resource.Verbs)) ||
				slices.ContainsFunc(r.categories, missing(resource.Categories)) {
				continue
			}
			resource.Group, resource.Version = gv.Group, gv.Version
			wanted = append(wanted, resource)
		}
	}
	sort.Stable(byGroupAndName{wanted, r.sortBy})
	return wanted
}

// byGroupAndName is kubectl's order of API resources.
type byGroupAndName struct {
	resources []metav1.APIResource
	by        string
}

func (s byGroupAndName) Len() int { return len(s.resources) }
func (s byGroupAndName) Swap(i, j int) {
	s.resources[i], s.resources[j] = s.resources[j], s.resources[i]
}
func (s byGroupAndName) Less(i, j int) bool {
	a, b := s.resources[i], s.resources[j]
	switch {
	case s.by == "kind" && a.Kind != b.Kind:
		return a.Kind < b.Kind
	case s.by == "" && a.Group != b.Group:
		return a.Group < b.Group
	}
	return a.Name < b.Name
}

// preferred are the resources, each in the version that the server prefers of those that have it; see
// ServerPreferredResources of client-go.
func (d *discovery) preferred() []*metav1.APIResourceList {
	chosen := map[schema.GroupResource]string{} // the version
	each := func(take func(*metav1.APIGroup, *metav1.APIResourceList, string, metav1.APIResource)) {
		for _, group := range d.groups {
			for _, version := range group.Versions {
				list := d.resources[version.GroupVersion]
				if list == nil {
					continue
				}
				for _, resource := range list.APIResources {
					if !strings.Contains(resource.Name, "/") {
						take(&group, list, version.Version, resource)
					}
				}
			}
		}
	}
	each(func(group *metav1.APIGroup, _ *metav1.APIResourceList, version string, r metav1.APIResource) {
		key := schema.GroupResource{Group: group.Name, Resource: r.Name}
		if chosen[key] == "" || version == group.PreferredVersion.Version {
			chosen[key] = version
		}
	})
	var lists []*metav1.APIResourceList
	each(func(group *metav1.APIGroup, list *metav1.APIResourceList, version string, r metav1.APIResource) {
		if chosen[schema.GroupResource{Group: group.Name, Resource: r.Name}] != version {
			return
		}
		if last := len(lists) - 1; last < 0 || lists[last].GroupVersion != list.GroupVersion {
			lists = append(lists, &metav1.APIResourceList{GroupVersion: list.GroupVersion})
		}
		lists[len(lists)-1].APIResources = append(lists[len(lists)-1].APIResources, r)
	})
	return lists
}
