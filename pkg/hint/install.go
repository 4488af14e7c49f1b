package hint

// repository is the one place that knows the project's address. The linker sets another for a fork, see hack/flags.sh.
var repository = "https://github.com/kubectl-edge/kubectl-edge"

// Repository returns the project's address.
func Repository() string { return repository }

// Install returns the address of what says how to install the programs, whichever way the reader's others came.
func Install() string { return repository + "#install" }

// Krew returns the commands by which Krew installs kubectl edge. The names are those of the project's own index: in
// Krew's central one, anybody could register them.
func Krew() []string {
	return []string{
		"kubectl krew index add edge " + repository + "-index",
		"kubectl krew install edge/edge edge/edge-credential",
	}
}
