package plugin_test

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

func TestNearest(t *testing.T) {
	roles := []string{"view", "edit", "admin", "cluster-admin"}
	tests := map[string]string{
		"veiw": "view", "View": "view", "viewer": "view", "vew": "view", "edti": "edit", "editor": "edit",
		"admins": "admin", "adnim": "", "amdin": "admin", "clusteradmin": "cluster-admin",
		"cluster_admin": "cluster-admin", "Cluster-Admin": "cluster-admin", "clusteradmn": "cluster-admin",
		"ops": "", "shop:operators": "", "shop-admins": "", "vim": "", "edge": "", "team": "", "": "", "ä": "",
	}
	for typed, want := range tests {
		if got := plugin.Nearest(typed, roles); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
	if got := plugin.Nearest("berlim", []string{"bern", "berlin", "paris"}); got != "berlin" {
		t.Errorf("of several: got %q, want berlin", got)
	}
	if got := plugin.Nearest("berlin2", nil); got != "" {
		t.Errorf("of none: got %q", got)
	}
}
