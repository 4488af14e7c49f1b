package edge

import (
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// Names of contexts are different for whatever is different, and say what can do more than look.
func TestClusterContextName(t *testing.T) {
	names := map[string]string{}
	long, longSpace := strings.Repeat("b", 241), strings.Repeat("n", 63) // the longest that there can be
	for _, c := range []struct {
		cluster, namespace, role, in, want string
	}{
		{"", "", "", "", "edge_eu01_demo-3714d85"},
		{"berlin", "default", "view", "", "edge_eu01_demo-3714d85_berlin"},
		{"berlin", "default", "view", "shop", "edge_eu01_demo-3714d85_berlin_view_shop"},
		{"berlin", "default", "edit", "shop", "edge_eu01_demo-3714d85_berlin_edit_shop"},
		{"berlin", "default", "cluster-admin", "", "edge_eu01_demo-3714d85_berlin_cluster-admin"},
		{"berlin", "default", "administrator", "", "edge_eu01_demo-3714d85_berlin_administrator"},
		{"berlin", "default", "shop:operators", "", "edge_eu01_demo-3714d85_berlin_shop:operators"},
		{"berlin", "plants", "view", "", "edge_eu01_demo-3714d85_plants/berlin"},
		{long, longSpace, "edit", longSpace, "edge_eu01_demo-3714d85_" + longSpace + "/" + long + "_edit_" + longSpace},
		{"plants.berlin", "default", "view", "", "edge_eu01_demo-3714d85_plants.berlin"},
	} {
		template := clusterContextName
		if c.cluster == "" {
			template = defaultContextName
		}
		got, err := template.of(contextFields{Name: "demo", ID: "demo-3714d85", Region: "eu01", Cluster: c.cluster,
			ClusterNamespace: c.namespace, Role: c.role, RoleNamespace: c.in})
		if err != nil || got != c.want {
			t.Errorf("%+v: got %s, %v", c, got, err)
		}
		if names[got] != "" {
			t.Errorf("%s is the name of two contexts", got)
		}
		names[got] = got
	}
}

func TestSplitCluster(t *testing.T) {
	for argument, want := range map[string][2]string{
		"berlin": {"", "berlin"}, "demo/berlin": {"demo", "berlin"}, "demo-3714d85/a.b": {"demo-3714d85", "a.b"},
	} {
		if instance, cluster, err := splitCluster(argument); err != nil || [2]string{instance, cluster} != want {
			t.Errorf("%s: got %q, %q, %v", argument, instance, cluster, err)
		}
	}
	for _, argument := range []string{"/", "demo/", "/berlin", "a/b/c", "demo//berlin"} {
		if _, _, err := splitCluster(argument); err == nil {
			t.Errorf("%s is taken", argument)
		}
	}
}

func TestRightsFlags(t *testing.T) {
	for _, c := range []struct {
		flags     rightsFlags
		namespace string
		refused   string // "": taken
	}{
		{rightsFlags{}, "", ""},
		{rightsFlags{role: "edit"}, "shop", ""},
		{rightsFlags{role: "edit"}, "", ""}, // asked about
		{rightsFlags{role: "cluster-admin"}, "shop", "--namespace does not apply"},
		{rightsFlags{role: "system:masters"}, "", "groups that begin with system: are Kubernetes' own"},
		{rightsFlags{role: "System:nodes"}, "", "groups that begin with system: are Kubernetes' own"},
		{rightsFlags{role: "a b"}, "", "neither view, edit, admin or cluster-admin nor a group"},
		{rightsFlags{credential: "token"}, "", ""},
		{rightsFlags{credential: "administrator"}, "", "want certificate or token"},
		{rightsFlags{credential: "password"}, "", "want certificate or token"},
		{rightsFlags{breakGlass: true}, "", ""},
		{rightsFlags{breakGlass: true, role: "view"}, "", "leave out --role, --credential and --bind"},
		{rightsFlags{breakGlass: true, bind: true}, "", "leave out --role, --credential and --bind"},
	} {
		err := c.flags.validate(c.namespace)
		if c.refused == "" && err != nil || c.refused != "" &&
			(err == nil || !strings.Contains(err.Error(), c.refused)) {
			t.Errorf("%+v in %q: got %v, want %q", c.flags, c.namespace, err, c.refused)
		}
	}
	pinned := (&rightsFlags{}).rights("shop")
	if pinned.Role != tokenrequest.RoleView || pinned.Credential != tokenrequest.Certificate ||
		pinned.Namespace != "shop" {
		t.Errorf("got %+v: role and kind have to be pinned", pinned)
	}
}

// Different edge clusters never get the same Secret.
func TestSecretName(t *testing.T) {
	names := map[string]tokenrequest.EdgeCluster{}
	for _, e := range []tokenrequest.EdgeCluster{
		{}, {Cluster: "berlin", ClusterNamespace: "default"}, {Cluster: "berlin", ClusterNamespace: "plants"},
		{Cluster: "plants.berlin", ClusterNamespace: "default"},
		{Cluster: "default.berlin", ClusterNamespace: "default"},
		{Cluster: "a.berlin", ClusterNamespace: "plants"}, {Cluster: "plants.a.berlin", ClusterNamespace: "default"},
	} {
		name := secretName(tokenrequest.Request{Region: "eu01", InstanceID: "demo-3714d85", EdgeCluster: e})
		if other, taken := names[name]; taken {
			t.Errorf("%s is the name for both %+v and %+v", name, e, other)
		}
		names[name] = e
	}
	if _, found := names["edge-eu01-demo-3714d85.berlin"]; !found {
		t.Errorf("names %v", names)
	}
}
