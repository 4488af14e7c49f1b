//go:build system && linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

var (
	listedCommands = regexp.MustCompile(`(?s)\nAVAILABLE COMMANDS\n(.*?)\n\n`)
	missingFlags   = regexp.MustCompile(`required flag\(s\) (.*) not set`)
)

// everyService is a program for scripts: it has the STACKIT CLI list what there is of everything that it knows, and
// prints the commands. What becomes of them is to be seen in the sandbox.
func everyService() {
	for _, command := range listings(nil) { // one by one: the CLI loses its session when several renew it at once
		fmt.Printf("%s: %s\n", strings.Join(command, " "), strings.Join(strings.Fields(list(command)), " "))
	}
}

// listings returns the commands of the STACKIT CLI below one that list something.
func listings(command []string) [][]string {
	help, err := exec.Command("stackit", append(command, "--help")...).Output()
	if err != nil {
		fmt.Fprintf(os.Stderr, "stackit %s --help: %v\n", strings.Join(command, " "), err)
		os.Exit(1)
	}
	found := listedCommands.FindStringSubmatch(string(help))
	if found == nil {
		if command[len(command)-1] == "list" {
			return [][]string{command}
		}
		return nil
	}
	var all [][]string
	for line := range strings.Lines(found[1]) {
		name := strings.Fields(line)[0]
		switch name { // what lists nothing, nor has anything below it
		case "help", "completion", "config", "create", "delete", "describe", "update":
			continue
		}
		all = append(all, listings(append(command[:len(command):len(command)], name))...)
	}
	return all
}

// list runs a command, with a value for each flag that it says it misses.
func list(command []string) string {
	args := append(command[:len(command):len(command)], "--project-id", sandbox.ProjectID, "--assume-yes", "-o", "json")
	for {
		out, _ := exec.Command("stackit", args...).CombinedOutput() // most fail: the sandbox does not have that
		missing := missingFlags.FindStringSubmatch(string(out))
		if missing == nil {
			return string(out)
		}
		for name := range strings.SplitSeq(missing[1], ", ") {
			args = append(args, "--"+strings.Trim(name, `"`), sandbox.ProjectID)
		}
	}
}
