//go:build system && linux

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var cliAddress = regexp.MustCompile(`(?m)^\t\w+ += "([a-z_ ]*(?:endpoint|url|configuration))"$`)

// TestAddressesOfTheCLI compares the environment in a sandbox with the addresses that the source of the STACKIT CLI
// has keys for: one that a newer CLI adds has to be led to the sandbox as well.
func TestAddressesOfTheCLI(t *testing.T) {
	const module = "github.com/stackitcloud/stackit-cli"
	download := exec.Command("go", "mod", "download", "-json", module)
	download.Dir = filepath.Join("..", "..", "hack", "stackit-cli")
	out, err := download.Output()
	if err != nil {
		t.Fatalf("find the source of the STACKIT CLI: %v", err)
	}
	var source struct{ Dir string }
	if err := json.Unmarshal(out, &source); err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile(filepath.Join(source.Dir, "internal", "pkg", "config", "config.go"))
	if err != nil {
		t.Fatal(err)
	}
	environment, err := exec.Command("edge-sandbox", "up", "--no-cluster", "--quiet", "--", "env", "--null").Output()
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{}
	for variable := range strings.SplitSeq(string(environment), "\x00") {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	found := cliAddress.FindAllStringSubmatch(string(keys), -1)
	if len(found) < 30 {
		t.Fatalf("%d keys for addresses found in the source", len(found))
	}
	for _, match := range found {
		key := match[1]
		address := variables["STACKIT_"+strings.ToUpper(key)]
		own := strings.HasPrefix(address, "http://127.0.0.1:") || strings.HasPrefix(address, "https://localhost:")
		// The variable would replace the token endpoints of keys, which name it, and of workload identity alike.
		if own != (key != "token_custom_endpoint") {
			t.Errorf("the address of %q is %q", key, address)
		}
	}
}
