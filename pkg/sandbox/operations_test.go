package sandbox_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// operation is a row of the table in docs/sandbox.md.
type operation struct {
	name, there, clients string
}

// The operations by which clients log in are of no published document.
var identity = regexp.MustCompile(`^POST /(oauth/v2|service-account)/token$`)

var operationRow = regexp.MustCompile(`(?m)^\| ([A-Z]+ /\S+) \| (yes|no) \| ([^|]*) \|`)

// TestOperations compares the table in docs/sandbox.md with the operations that STACKIT's SDK knows, with what the
// sandbox answers, and with what the real STACKIT CLI and STACKIT's Terraform provider asked for in scripts.
func TestOperations(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "sandbox.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]operation{}
	for _, m := range operationRow.FindAllStringSubmatch(string(page), -1) {
		rows[m[1]] = operation{m[1], m[2], strings.TrimSpace(m[3])}
	}
	published := slices.Concat(
		sdkOperations(t, "edge", "v1beta1api", "/edge"),
		sdkOperations(t, "resourcemanager", "v0api", "/resource-manager"))
	for _, name := range published {
		if rows[name].name == "" {
			t.Errorf("the table does not have %s", name)
		}
	}
	asked := map[string][]string{
		"STACKIT CLI":        askedIn(t, "cli.txtar"),
		"Terraform provider": askedIn(t, "terraform.txtar"),
		"SDK":                askedOf(t, askBySDK(t), slices.Collect(maps.Keys(rows))),
	}
	for client, operations := range asked {
		for _, name := range operations {
			if rows[name].name == "" && !identity.MatchString(name) {
				t.Errorf("the table does not have %s, which the %s asks for", name, client)
			}
		}
	}
	c := start(t).as(sandbox.AdminServiceAccount)
	for name, row := range rows {
		if !strings.Contains(name, " /service-enablement/") && !slices.Contains(published, name) {
			t.Errorf("%s is not an operation of the SDK", name)
		}
		for client, operations := range asked {
			if strings.Contains(row.clients, client) != slices.Contains(operations, name) {
				t.Errorf("%s: clients %q, but what the %s asked for says otherwise", name, row.clients, client)
			}
		}
		method, path, _ := strings.Cut(name, " ")
		_, _, body := c.do(method, fillIn(path), "application/json", "")
		missing := strings.Contains(body, "no such path") || strings.Contains(body, "method not allowed")
		if missing != (row.there == "no") {
			t.Errorf("%s: the table says %s, the sandbox %q", name, row.there, body)
		}
	}
}

// fillIn replaces the placeholders of a path.
func fillIn(path string) string {
	return strings.NewReplacer("{projectId}", sandbox.ProjectID, "{regionId}", sandbox.Region, "{region}",
		sandbox.Region,
		"{instanceId}", sandbox.InstanceID, "{displayName}", sandbox.InstanceName, "{id}", sandbox.ProjectID,
		"{containerId}", "some-container", "{serviceId}", sandbox.EdgeService).Replace(path)
}

// sdkOperations reads the operations out of the source of a service's SDK.
func sdkOperations(t *testing.T, service, api, prefix string) []string {
	t.Helper()
	module := "github.com/stackitcloud/stackit-sdk-go/services/" + service
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("find the SDK of %s: %v", service, err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), api, "api_default.go"))
	if err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(`(?s)localVarHTTPMethod += http\.Method(\w+)\n.*?localVarPath := localBasePath \+ ` +
		`"([^"]+)"`)
	var names []string
	for _, m := range pattern.FindAllStringSubmatch(string(source), -1) {
		names = append(names, fmt.Sprintf("%s %s%s", strings.ToUpper(m[1]), prefix, m[2]))
	}
	if len(names) == 0 {
		t.Fatalf("no operation found in the SDK of %s", service)
	}
	return names
}

// askedOf returns the operations among those of the table that a sandbox was asked for.
func askedOf(t *testing.T, s *sandbox.Sandbox, table []string) []string {
	t.Helper()
	placeholder := regexp.MustCompile(`\\{\w+\\}`) // as quoted
	var asked []string
	for _, name := range table {
		pattern := regexp.MustCompile("^" + placeholder.ReplaceAllString(regexp.QuoteMeta(name), "[^/]+") + "$")
		for path := range s.Stats().Paths {
			if pattern.MatchString(path) {
				asked = append(asked, name)
				break
			}
		}
	}
	return asked
}

// askedIn reads what a real client asked for, as the script that it runs in compares it.
func askedIn(t *testing.T, name string) []string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("..", "..", "cmd", "edge-sandbox", "testdata", "system", name))
	if err != nil {
		t.Fatal(err)
	}
	_, list, ok := strings.Cut(string(script), "-- operations.txt --\n")
	if !ok {
		t.Fatalf("%s has no operations.txt", name)
	}
	return strings.Split(strings.TrimSpace(list), "\n")
}
