// Package finder finds out which instances kubeconfig entries are of. What a file says is a hint and no more: an entry
// that claimed to be an instance's would otherwise get that instance's tokens for a server of its own. So the server is
// compared with what the API says, which it does only together with a new token.
package finder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/jwtclaims"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// Options are what a Finder works with.
type Options struct {
	Scope      profile.Scope // where to look first
	OnlyHere   bool          // look in no other project than the scope's
	Expiration time.Duration // of the requests
	Client     *stackit.Client
	// Principal says whose projects to look in.
	Principal func(context.Context) (string, error)
	// Fetch asks by the client where an instance is, which mints.
	Fetch func(context.Context, *stackit.Client, tokenrequest.Request) (kubeconfig.Entry, error)
}

// Finder finds instances. It mints for each at most once.
type Finder struct {
	Options

	listed   map[string][]stackit.Instance // by project and region
	projects []string                      // all that the person is a member of
	mu       sync.Mutex                    // guards fetched
	fetched  map[tokenrequest.Request]*fetchedEntry
}

// New returns a Finder that has asked for nothing yet.
func New(o Options) *Finder {
	return &Finder{Options: o, listed: map[string][]stackit.Instance{},
		fetched: map[tokenrequest.Request]*fetchedEntry{}}
}

type fetchedEntry struct {
	once  sync.Once
	entry kubeconfig.Entry
	err   error
}

// Candidates returns the requests for the instances that e could be of. Probe allows all instances of the scope's
// project when nothing in the file tells.
func (f *Finder) Candidates(ctx context.Context, e kubeconfig.Embedded, token string,
	probe bool) ([]tokenrequest.Request, error) {
	region := cmp.Or(e.Region, f.Scope.Region)
	ids := ClaimedInstances(token)
	if e.InstanceID != "" {
		ids = append([]string{e.InstanceID}, ids...)
	}
	if len(ids) == 0 {
		if !probe {
			return nil, errors.New("nothing in it tells which instance it is of")
		}
		if f.Scope.ProjectID == "" {
			return nil, hint.Wrap(errors.New("nothing in it tells which instance it is of"),
				"name the project whose instances are to be tried: --project-id UUID")
		}
		instances, err := f.list(ctx, f.Scope.ProjectID, region)
		return f.requests(instances, f.Scope.ProjectID, region), err
	}
	if f.Scope.ProjectID != "" {
		found, err := f.named(ctx, f.Scope.ProjectID, region, ids)
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	if f.OnlyHere {
		return nil, fmt.Errorf("project %s has no instance %s in %s", f.Scope.ProjectID, strings.Join(ids, " or "),
			region)
	}
	projects, err := f.memberships(ctx)
	if err != nil {
		return nil, err
	}
	var refused error
	for _, project := range projects {
		found, err := f.named(ctx, project, region, ids)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		refused = cmp.Or(refused, err) // a project whose instances the person may not see is none of theirs
		if len(found) > 0 {
			return found, nil
		}
	}
	err = fmt.Errorf("none of your projects has an instance %s in %s", strings.Join(ids, " or "), region)
	if refused != nil {
		err = fmt.Errorf("%w that could be listed: %w", err, refused)
	}
	return nil, hint.Wrap(err, "name the project and the region: --project-id UUID --region eu01")
}

func (f *Finder) named(ctx context.Context, project, region string, ids []string) ([]tokenrequest.Request, error) {
	instances, err := f.list(ctx, project, region)
	if err != nil {
		return nil, err
	}
	return f.requests(slices.DeleteFunc(slices.Clone(instances),
		func(i stackit.Instance) bool { return !slices.Contains(ids, i.Id) }), project, region), nil
}

func (f *Finder) requests(instances []stackit.Instance, project, region string) []tokenrequest.Request {
	var requests []tokenrequest.Request
	for _, i := range instances {
		requests = append(requests, tokenrequest.Request{ProjectID: project, Region: region, InstanceID: i.Id,
			Profile: f.Scope.Name, Expiration: f.Expiration})
	}
	return requests
}

func (f *Finder) list(ctx context.Context, project, region string) ([]stackit.Instance, error) {
	key := project + "/" + region
	if instances, ok := f.listed[key]; ok {
		return instances, nil
	}
	instances, err := f.Client.Instances(ctx, project, region)
	if err != nil { // a project that may not use Edge Cloud has none
		state, errState := f.Client.EdgeService(ctx, project, region)
		if errState != nil || state != stackit.ServiceDisabled {
			return nil, err
		}
	}
	f.listed[key] = instances
	return instances, nil
}

// memberships returns the projects that the person is a member of.
func (f *Finder) memberships(ctx context.Context) ([]string, error) {
	if f.projects != nil {
		return f.projects, nil
	}
	principal, err := f.Principal(ctx)
	if err != nil {
		return nil, err
	}
	projects, err := f.Client.Projects(ctx, stackit.ProjectFilter{Member: principal})
	if err != nil {
		return nil, err
	}
	f.projects = []string{}
	for _, p := range projects {
		f.projects = append(f.projects, p.ProjectId)
	}
	return f.projects, nil
}

// Verify returns the one of the candidates whose server is the given one, with its entry. A single candidate is waited
// for as the client has it; of several, those that give out no credentials now are passed over.
func (f *Finder) Verify(
	ctx context.Context, client *stackit.Client, candidates []tokenrequest.Request, server string,
) (tokenrequest.Request, kubeconfig.Entry, error) {
	if len(candidates) > 1 {
		client = f.Client
	}
	var refused error
	for _, request := range candidates {
		entry, err := f.entry(ctx, client, request)
		if err != nil {
			refused = cmp.Or(refused, err)
		} else if kubeconfig.SameServer(entry.Server, server) {
			return request, entry, nil
		} else if len(candidates) == 1 {
			return request, entry, fmt.Errorf("its server is not the one of instance %s, %s", request.InstanceID,
				entry.Server)
		}
	}
	return tokenrequest.Request{}, kubeconfig.Entry{},
		cmp.Or(refused, errors.New("its server is none of the instances'"))
}

// entry mints for an instance, once.
func (f *Finder) entry(ctx context.Context, client *stackit.Client, request tokenrequest.Request) (kubeconfig.Entry,
	error) {
	f.mu.Lock()
	fetched := f.fetched[request]
	if fetched == nil {
		fetched = &fetchedEntry{}
		f.fetched[request] = fetched
	}
	f.mu.Unlock()
	fetched.once.Do(func() { fetched.entry, fetched.err = f.Fetch(ctx, client, request) })
	return fetched.entry, fetched.err
}

// ClaimedInstances returns what could be ids of instances in the audiences and the issuer of a JWT, unverified.
func ClaimedInstances(token string) []string {
	var ids []string
	claims := jwtclaims.Read(token)
	for _, claim := range append(claims.Audience, claims.Issuer) {
		words := strings.FieldsFunc(claim, func(r rune) bool { return strings.ContainsRune("/.:", r) })
		for _, word := range words {
			if strings.Contains(word, "-") && stackitid.InstanceID(word) == nil && !slices.Contains(ids, word) {
				ids = append(ids, word)
			}
		}
	}
	return ids
}
