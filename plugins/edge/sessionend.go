package edge

import (
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
)

// sessionEnd is how a profile's session ended, and what is next.
type sessionEnd struct {
	login.End
	Hint string `json:"hint"`
}

// sessionEnd is nil where the session goes on as far as is known here, or where nobody knows why there is none.
func (a *app) sessionEnd(account *login.Account) *sessionEnd {
	end, ok := account.LastEnd()
	if !ok {
		return nil
	}
	return &sessionEnd{end, account.Command("login")}
}

// since says why nobody is logged in, if that is known, after those words.
func (a *app) since(e *sessionEnd) string {
	if e == nil {
		return ""
	}
	return " since the session ended: " + e.Ago(a.Now())
}
