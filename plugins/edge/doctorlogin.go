package edge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/login"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// probe is what one authenticated call to STACKIT says about a profile's login. An access token alone says nothing: the
// session may have ended at the provider while the token still lives by this machine's clock.
type probe struct {
	principal   string
	method      string
	environment bool               // the credential is the environment's
	ends        time.Time          // of the session, or of a token that nobody renews, if that is known
	instances   []stackit.Instance // of the scope's project and region, if it has a project
}

// probe authenticates as a profile does, and makes that call. If only the call failed, what is known of the login is
// returned together with its error.
func (a *app) probe(ctx context.Context, s profile.Scope) (probe, error) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	account, err := a.account(s)
	if err != nil {
		return probe{}, err
	}
	cloud, err := a.cloud(ctx, s)
	if err != nil {
		return probe{}, err
	}
	token, err := cloud.source.Token(ctx)
	if err != nil {
		return probe{}, err
	}
	p := probe{principal: token.Principal, method: cloud.source.Method()}
	if environment, err := account.Environment(); err == nil && environment != nil {
		p.environment = true
		if login.Fixed(p.method) {
			p.ends = token.Expires
		}
	} else if session, err := s.Session(); err == nil {
		p.ends = session.Expires
	} else if !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	if s.ProjectID == "" {
		_, err = cloud.Projects(ctx, stackit.ProjectFilter{Member: p.principal})
	} else {
		p.instances, err = cloud.Instances(ctx, s.ProjectID, s.Region)
	}
	return p, err
}

// checkAccount makes the checks that ask STACKIT as the profile: who that is, whether Edge Cloud can be used, and
// whether tokens may be minted.
func (a *app) checkAccount(ctx context.Context, s profile.Scope) []diagnosis.Check {
	p, err := a.probe(ctx, s)
	forbidden := forbidden(err)
	if err != nil && !forbidden {
		return []diagnosis.Check{diagnosis.Failed("login", err, s.Command("login"))}
	}
	checks := []diagnosis.Check{a.describeLogin(p)}
	if s.ProjectID != "" {
		if c, tried := a.checkService(ctx, s); tried {
			if checks = append(checks, c); c.Status == diagnosis.Fail || forbidden {
				return a.orRefusal(checks, c, err)
			}
			return append(checks, a.checkRole(ctx, s, p.instances))
		}
	}
	switch {
	case s.ProjectID == "" && forbidden:
		return append(checks, diagnosis.Failed("projects", err,
			s.Command("login")+" as an account that may list projects"))
	case s.ProjectID == "":
		return append(checks, diagnosis.Skipped("edge cloud", s.Command("use"),
			"not tried: the profile has no project"))
	case forbidden:
		return append(checks, diagnosis.Failed("edge cloud", err,
			"enable Edge Cloud in the project, and give the account a role there: edge.reader to list, edge.admin to "+
				"mint"))
	}
	checks = append(checks, diagnosis.Passed("edge cloud", "project %s has %s in %s", s.ProjectID,
		plugin.Count(len(p.instances), "instance"), s.Region))
	return append(checks, a.checkRole(ctx, s, p.instances))
}

// forbidden reports whether the API knows who asks, and refuses what was asked for.
func forbidden(err error) bool {
	refusal, ok := errors.AsType[*stackit.APIError](err)
	return ok && refusal.Status == http.StatusForbidden && !refusal.Page
}

// orRefusal adds the refusal to list instances, if that is not explained by a service that is not enabled.
func (a *app) orRefusal(checks []diagnosis.Check, service diagnosis.Check, refusal error) []diagnosis.Check {
	if service.Status == diagnosis.Fail {
		return checks
	}
	return append(checks, diagnosis.Failed("role", refusal,
		"ask the owner of the project for the role edge.reader to list, "+
			"edge.admin to mint"))
}

// checkService asks whether Edge Cloud is enabled in the project, where that can be asked.
func (a *app) checkService(ctx context.Context, s profile.Scope) (c diagnosis.Check, tried bool) {
	const name, next = "edge cloud", "kubectl edge instance create --enable-service"
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	cloud, err := a.cloud(ctx, s)
	if err != nil {
		return diagnosis.Check{}, false
	}
	state, err := cloud.EdgeService(ctx, s.ProjectID, s.Region)
	switch {
	case err != nil: // nobody answers that question, or not this account: the list of instances says as much
		return diagnosis.Check{}, false
	case state == stackit.ServiceEnabled:
		return diagnosis.Passed(name, "enabled in project %s in %s", s.ProjectID, s.Region), true
	case state == stackit.ServiceEnabling:
		return diagnosis.Failed(name, fmt.Errorf("being enabled in project %s in %s", s.ProjectID, s.Region),
			"try again in a minute"), true
	case state == stackit.ServiceDisabled || state == stackit.ServiceDisabling:
		return diagnosis.Failed(name, fmt.Errorf("not enabled in project %s in %s (%s)", s.ProjectID, s.Region, state),
				next),
			true
	}
	return diagnosis.Check{}, false // a state that STACKIT added since
}

func (a *app) describeLogin(p probe) diagnosis.Check {
	who := cmp.Or(p.principal, "somebody whose name the token does not say")
	switch {
	case p.environment && !p.ends.IsZero():
		return diagnosis.Passed("login", "%s, by %s of the environment, which goes before any session; it %s", who,
			p.method,
			a.left(p.ends))
	case p.environment:
		return diagnosis.Passed("login", "%s, by %s of the environment, which goes before any session", who, p.method)
	case p.ends.IsZero():
		return diagnosis.Passed("login", "%s, by %s", who, p.method)
	}
	return diagnosis.Passed("login", "%s, by %s; the session %s", who, p.method, a.left(p.ends))
}

// nobody is the id of an instance that does not exist, for a token that cannot be minted.
const nobody = "doctor-0000000"

// checkRole finds out whether the account may mint without minting: STACKIT refuses a role that may not before it looks
// for the instance, and this one does not exist.
func (a *app) checkRole(ctx context.Context, s profile.Scope, instances []stackit.Instance) diagnosis.Check {
	const name = "role"
	if slices.ContainsFunc(instances, func(i stackit.Instance) bool { return i.Id == nobody }) {
		return diagnosis.Skipped(name, "kubectl edge token create", "not tried, because an instance %s exists", nobody)
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	cloud, err := a.cloud(ctx, s)
	if err != nil {
		return diagnosis.Failed(name, err, s.Command("login"))
	}
	_, err = cloud.Token(ctx, s.ProjectID, s.Region, nobody, expiration.Min)
	var refusal *stackit.APIError
	switch {
	case errors.As(err, &refusal) && refusal.Status == http.StatusNotFound && !refusal.Page:
		return diagnosis.Passed(name, "STACKIT does not refuse to mint tokens for this account")
	case forbidden(err):
		return diagnosis.Failed(name, fmt.Errorf("this account may not mint tokens: it lacks the role edge.admin in "+
			"project %s",
			s.ProjectID),
			"ask the owner of the project for the role, or log in as another account: "+
				s.Command("login"))
	case err == nil:
		err = errors.New("STACKIT minted a token for an instance that it does not list")
	}
	return diagnosis.Skipped(name, "kubectl edge token create", "not known: %v", err)
}

// checkSpace makes the place of a next refresh token, as renewing does before it spends the one there is.
func (a *app) checkSpace(account *login.Account) diagnosis.Check {
	const name = "disk"
	switch tried, err := account.CheckSpace(); {
	case !tried:
		return diagnosis.Skipped(name, account.Command("login"),
			"not tried: there is no session whose secrets need space")
	case err != nil:
		return diagnosis.Failed(name, fmt.Errorf("the session cannot be renewed, since the next refresh token has no "+
			"place: %w",
			err), "make room below "+a.dirs.State)
	}
	return diagnosis.Passed(name, "%s has space for the next refresh token", filepath.Join(a.dirs.State, "secrets"))
}
