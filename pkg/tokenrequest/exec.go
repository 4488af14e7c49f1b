package tokenrequest

import (
	"slices"
	"strings"
)

// Helper is the credential helper as kubeconfigs name it. Krew links it under the same name, and a kuberc allowlist can
// name exactly it.
const Helper = "kubectl-edge_credential"

// plugin is what the helper hands over to on a miss. Its command credential answers as the helper does.
const plugin = "kubectl-edge"

// FromExec reports whether an exec entry of a kubeconfig calls our helper, and what for: by its name, by a path, as a
// plugin of kubectl, as a command of kubectl-edge, and behind env or a shell where that runs nothing else. What the
// helper would refuse is not a call of it.
func FromExec(command string, args []string) (Request, bool) {
	call, ours := FindCall(command, args)
	if !ours || !call.Sure {
		return Request{}, false
	}
	request, err := Parse(call.Args)
	if err != nil || request.Check() != nil {
		return Request{}, false
	}
	return request, true
}

// Call is how an exec entry runs a program of kubectl edge.
type Call struct {
	Program string   // that is run, by its name or path: the helper or kubectl-edge, which kubectl finds by name
	Args    []string // as for the helper, if that is what is called
	Env     []string // NAME=value, as env or a shell sets them for it
	// It is the helper that is called, with Args; else it may be, or it is another command of kubectl edge.
	Sure bool
}

// FindCall finds the program of kubectl edge that an exec entry runs, or may run: of a shell's script that does more
// than to call one program, nothing is sure.
func FindCall(command string, args []string) (Call, bool) {
	name := programName(command)
	switch {
	case name == Helper:
		return Call{Program: command, Args: args, Sure: true}, true
	case name == plugin:
		rest, sure := credentialArgs(args)
		return Call{Program: command, Args: rest, Sure: sure}, true
	case name == "kubectl":
		return kubectlCall(args)
	case name == "env":
		env, rest, ok := afterEnv(args)
		if !ok || len(rest) == 0 {
			return mentioned(args)
		}
		call, ours := FindCall(rest[0], rest[1:])
		call.Env = append(env, call.Env...)
		return call, ours
	case slices.Contains([]string{"sh", "bash", "dash", "ash", "ksh", "zsh"}, name):
		return shellCall(args)
	case name == "cmd" && len(args) > 1 && strings.EqualFold(args[0], "/c"):
		if words, ok := splitWords(strings.Join(args[1:], " "), nil); ok && len(words) > 0 && !words[0].open {
			return FindCall(words[0].text, texts(words[1:]))
		}
	}
	return mentioned(args)
}

// programName is the last part of a path without the .exe of Windows. The file systems of Windows and macOS do not tell
// upper from lower case, and a program that differs from ours in that alone is not known.
func programName(command string) string {
	name := strings.ToLower(command[strings.LastIndexAny(command, `/\`)+1:])
	return strings.TrimSuffix(name, ".exe")
}

// kubectlCall finds our plugin among kubectl's arguments: the first, since kubectl takes no flag before a plugin's
// name. Elsewhere its name may be the value of a flag, or be taken for the plugin by another version of kubectl.
func kubectlCall(args []string) (Call, bool) {
	for i, arg := range args {
		switch strings.ReplaceAll(strings.ToLower(arg), "_", "-") { // kubectl looks for hyphens as underscores
		case "edge-credential":
			return Call{Program: Helper, Args: args[i+1:], Sure: i == 0}, true
		case "edge":
			rest, sure := credentialArgs(args[i+1:])
			return Call{Program: plugin, Args: rest, Sure: sure && i == 0}, true
		}
	}
	return Call{}, false
}

// credentialArgs takes the command credential out of the arguments of kubectl-edge. Flags may stand on both sides of
// it, and --verbose is one that the helper does not have.
func credentialArgs(args []string) (rest []string, found bool) {
	flags := (&Request{}).Flags()
	for i := 0; i < len(args); i++ {
		arg := args[i]
		name, isFlag := strings.CutPrefix(arg, "--")
		switch {
		case arg == "-v" || arg == "--verbose" || strings.HasPrefix(arg, "--verbose="):
		case isFlag && slices.ContainsFunc(flags, func(f Flag) bool { return f.Name == name }) && i+1 < len(args):
			rest = append(rest, arg, args[i+1])
			i++
		case !found && arg == "credential":
			found = true
		case !found && !isFlag: // another command
			return nil, false
		default:
			rest = append(rest, arg)
		}
	}
	return rest, found
}

// afterEnv returns what the arguments of env(1) set, and the command that they run.
func afterEnv(args []string) (env, rest []string, ok bool) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "-i" || arg == "-" || arg == "-v" || arg == "--ignore-environment" || arg == "--debug" ||
			arg == "--",
			strings.HasPrefix(arg, "--unset=") || strings.HasPrefix(arg, "--chdir="):
		case arg == "-u" || arg == "-C" || arg == "--unset" || arg == "--chdir":
			i++
		case arg == "-S" || arg == "--split-string":
			if i+1 == len(args) {
				return nil, nil, false
			}
			words, plain := splitWords(args[i+1], nil)
			if !plain || slices.ContainsFunc(words, func(w word) bool { return w.open }) {
				return nil, nil, false
			}
			more, rest, ok := afterEnv(append(texts(words), args[i+2:]...))
			return append(env, more...), rest, ok
		case strings.HasPrefix(arg, "-"):
			return nil, nil, false
		case strings.Contains(arg, "="):
			env = append(env, arg)
		default:
			return env, args[i:], true
		}
	}
	return env, nil, true
}

// mentioned looks for the name or path of one of our programs among the words of arguments: a command that is not known
// here may run it, and set variables for it.
func mentioned(args []string) (call Call, found bool) {
	separator := func(r rune) bool { return strings.ContainsRune(" \t\n;&|()<>'\"`{}", r) }
	for _, arg := range args {
		words := strings.FieldsFunc(arg, separator)
		for i, w := range words {
			name, value, assigns := strings.Cut(w, "=")
			if assigns && isVariable(name) {
				call.Env = append(call.Env, w)
				w = value
			}
			program := programName(w)
			ours := program == Helper || program == plugin
			if program == "kubectl" && i+1 < len(words) {
				_, ours = kubectlCall(words[i+1:])
			}
			if ours && !found {
				call.Program, found = w, true
			}
		}
	}
	if !found {
		return Call{}, false
	}
	return call, true
}
