package login

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// holder is the process that asks for a sign-in, for those that wait for it. It lies beside the lock and decides
// nothing.
type holder struct {
	Process int    `json:"process"`
	Program string `json:"program"` // its name alone: arguments may hold anything
}

func (a *Account) holderPath() string { return a.besideSession(".signing-in") }

// signHolder says that this process holds the sign-in's lock, until that is released.
func (a *Account) signHolder(unlock func()) func() {
	data, err := json.Marshal(holder{os.Getpid(), filepath.Base(os.Args[0])})
	if err == nil {
		err = atomicfile.WriteOwn(a.holderPath(), data)
	}
	if err != nil {
		_ = os.Remove(a.holderPath()) // of a process that was killed
	}
	return func() {
		_ = os.Remove(a.holderPath())
		unlock()
	}
}

// holder is whom a person waits for.
func (a *Account) holder() string {
	var h holder
	data, err := securefile.ReadOwn(a.holderPath(), securefile.Private)
	if err != nil || json.Unmarshal(data, &h) != nil || h.Process <= 0 || !isProgram(h.Program) {
		return "another command of yours"
	}
	return fmt.Sprintf("process %d (%s)", h.Process, h.Program)
}

// isProgram keeps what a terminal would obey from being shown.
func isProgram(name string) bool { return regexp.MustCompile(`^[\w.-]{1,64}$`).MatchString(name) }
