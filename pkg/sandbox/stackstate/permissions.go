package stackstate

import (
	"maps"
	"slices"
	"strings"
)

// Permissions that requests need here.
const (
	GetServiceTokens    = "get-service-tokens"
	CreateServiceTokens = "create-service-tokens"
	DeleteServiceTokens = "delete-service-tokens"
	getPermissions      = "get-permissions"
	updatePermissions   = "update-permissions"
	getAgents           = "get-agents"
)

// systemResource is what permissions that are about no single thing are granted on.
const systemResource = "system"

// permissions are the published ones, with the built-in roles that have them here. Which these are on a real server is
// published for a few alone: reading is everybody's, acting the power user's and the troubleshooter's, and access the
// administrator's.
func permissions() map[string][]string {
	admin := []string{RoleAdmin}
	power := []string{RoleAdmin, RolePowerUser}
	troubleshooter := append(power, RoleTroubleshooter)
	everyone := append(slices.Clone(troubleshooter), RoleGuest)
	all := map[string][]string{updatePermissions: admin, "execute-monitors": power, "execute-ai": troubleshooter,
		"update-visualization": power, "update-stackpacks": power, "update-metrics": admin,
		"update-scoped-permissions": admin}
	for _, thing := range []string{"dashboards", "monitors", "notifications", "views"} {
		all["get-"+thing] = everyone
		for _, verb := range []string{"create", "delete", "update"} {
			all[verb+"-"+thing] = troubleshooter
		}
	}
	for _, thing := range []string{"favorite-dashboards", "favorite-views"} {
		all["create-"+thing], all["delete-"+thing] = everyone, everyone
	}
	for _, name := range []string{"get-api-tokens", "get-metric-bindings", "get-metrics", "get-settings",
		"get-stackpacks",
		"get-system-notifications", "get-topology", "get-traces"} {
		all[name] = everyone
	}
	for _, name := range []string{getAgents, getPermissions, "get-topic-messages",
		GetServiceTokens, CreateServiceTokens, DeleteServiceTokens} {
		all[name] = admin
	}
	return all
}

func builtInRoles() []string {
	return []string{RoleAdmin, RolePowerUser, RoleTroubleshooter, RoleGuest}
}

// grantsOf are the permissions of a subject, by resource, and whether there is one.
func (s *Server) grantsOf(handle string) (map[string][]string, bool) {
	if !slices.Contains(builtInRoles(), handle) {
		return s.store.grants(handle)
	}
	var list []string
	for name, roles := range permissions() {
		if slices.Contains(roles, handle) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return map[string][]string{systemResource: list}, true
}

// filtered are the grants of one permission, on one resource; "" is any.
func filtered(grants map[string][]string, permission, resource string) map[string][]string {
	left := map[string][]string{}
	for on, names := range grants {
		names = slices.DeleteFunc(slices.Clone(names),
			func(name string) bool { return permission != "" && name != permission })
		if len(names) > 0 && (resource == "" || on == resource) {
			left[on] = names
		}
	}
	return left
}

func sortedPermissions() []string { return slices.Sorted(maps.Keys(permissions())) }

// may reports whether u has the permission: granted directly, by a built-in role, or to a subject that is one of the
// user's roles.
func (s *Server) may(u User, permission string) bool {
	if slices.Contains(u.Permissions, permission) {
		return true
	}
	return slices.ContainsFunc(u.Roles, func(role string) bool {
		grants, _ := s.grantsOf(role)
		return len(filtered(grants, permission, "")) > 0
	})
}

// source is how a source of subjects is written, from how it is asked for; "" is any.
func source(asked string) string {
	if asked == "" {
		return ""
	}
	return strings.ToUpper(asked[:1]) + strings.ToLower(asked[1:])
}
