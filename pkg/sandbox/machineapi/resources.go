package machineapi

import (
	"fmt"
	"net/http"
)

// Resources of a node [cosi-project/runtime api/v1alpha1/resource.proto, meta.proto; talos resources/cluster].
const (
	definitions     = "ResourceDefinitions.meta.cosi.dev"
	definitionSpace = "meta"
	members         = "Members.cluster.talos.dev"
	memberSpace     = "cluster"
)

// resource is one of a node.
type resource struct {
	namespace, kind, id string
	yaml                string
	proto               []byte
}

func (r resource) encode() []byte {
	created := message(field{1, 1767225600})
	metadata := message(field{1, r.namespace}, field{2, r.kind}, field{3, r.id}, field{4, "1"}, field{6, "running"},
		field{7, created}, field{8, created})
	return message(field{1, message(field{1, metadata}, field{2, message(field{1, r.proto}, field{2, r.yaml})})})
}

// resources are the definition of members, and the members: the node itself.
func (n *node) resources() []resource {
	columns := [][2]string{{"Hostname", "{.hostname}"}, {"Machine Type", "{.machineType}"},
		{"OS", "{.operatingSystem}"}, {"Addresses", "{.addresses}"}}
	definition := message(field{1, members}, field{2, "Member"}, field{3, memberSpace}, field{4, "members"},
		field{5, "member"}, field{5, "members"})
	text := fmt.Sprintf("type: %s\ndisplayType: Member\ndefaultNamespace: %s\naliases: [members]\n"+
		"allAliases: [member, members]\nprintColumns:\n", members, memberSpace)
	for _, column := range columns {
		definition = append(definition, message(field{6, message(field{1, column[0]}, field{2, column[1]})})...)
		text += fmt.Sprintf("    - name: %s\n      jsonPath: '%s'\n", column[0], column[1])
	}
	name := n.Cluster + "-control-plane-1"
	return []resource{
		{definitionSpace, definitions, "members.cluster.talos.dev", text, definition},
		{memberSpace, members, name, fmt.Sprintf("nodeId: sandbox\naddresses:\n    - %s\nhostname: %s\n"+
			"machineType: controlplane\noperatingSystem: Talos (%s)\n", n.Host, name, talosVersion), []byte{}},
	}
}

func (n *node) list(_ *http.Request, request []byte) ([][]byte, error) {
	var found [][]byte
	for _, r := range n.resources() {
		if r.namespace == text(request, 1) && r.kind == text(request, 2) {
			found = append(found, r.encode())
		}
	}
	return found, nil
}

func (n *node) get(_ *http.Request, request []byte) ([][]byte, error) {
	for _, r := range n.resources() {
		if r.namespace == text(request, 1) && r.kind == text(request, 2) && r.id == text(request, 3) {
			return [][]byte{r.encode()}, nil
		}
	}
	return nil, &statusError{codeNotFound, fmt.Sprintf("resource %s(%s/%s) doesn't exist", text(request, 2),
		text(request, 1), text(request, 3))}
}
