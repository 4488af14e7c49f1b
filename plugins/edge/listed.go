package edge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// What shells complete is listed by another process (see listCommand), which goes on when the person at the prompt no
// longer waits: to cut off a request that renews a session could lose the session, and what comes late is there for the
// next time. It keeps what it was answered in a file of the cache, which holds names and no secret.
const (
	// listFresh is how long a list is good, so that pressing the Tab key again asks nobody.
	listFresh = time.Minute
	// listStale is how long a list is better than none, where the answer does not come in time.
	listStale = 24 * time.Hour
	// listAgain is how long nobody is asked again after an answer that is no list, or while one is waited for. Some
	// shells complete at each key.
	listAgain = 10 * time.Second
	// listPatience is how long a shell waits for an answer. The programs' start comes on top.
	listPatience = 200 * time.Millisecond
)

// Kinds of lists.
const (
	listProjects  = "projects"
	listPlans     = "plans"
	listInstances = "instances"
	listClusters  = "clusters" // of one instance
)

// listed is one thing of a list.
type listed struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	About string `json:"about,omitempty"`
}

// listFile is a list in the cache.
type listFile struct {
	Asked time.Time `json:"asked,omitzero"` // when it was last asked for, in vain or with the answer to come
	At    time.Time `json:"at,omitzero"`    // when Items were answered
	Items []listed  `json:"items,omitempty"`
}

// list is what STACKIT has of a kind, or the edge clusters of an instance: as it was listed a moment ago, or as it is,
// or, where the answer takes long, as it was listed before. It is empty where nobody is logged in.
func (a *app) list(ctx context.Context, s profile.Scope, kind, instance string) []listed {
	path, ok := a.listPath(s, kind, instance)
	if !ok {
		return nil
	}
	known, now := readList(path), a.Now()
	age := now.Sub(known.At)
	if age >= 0 && age < listFresh {
		return known.Items
	}
	if asked := now.Sub(known.Asked); asked < 0 || asked >= listAgain {
		keepList(path, listFile{now, known.At, known.Items})
		if items, ok := a.askForList(ctx, s, kind, instance); ok {
			return items
		}
	}
	if age < listStale {
		return known.Items
	}
	return nil
}

// listPath is the file of a list. Its name stands for all that decides what is in it: who asks, as whom, whom, and for
// what. There is none where nobody is logged in.
func (a *app) listPath(s profile.Scope, kind, instance string) (path string, ok bool) {
	session, err := s.Session()
	environment := envcredential.Of(a.Getenv).Identity()
	if err != nil && len(environment) == 0 {
		return "", false
	}
	if kind == listProjects { // one list, wherever one is
		s.ProjectID, s.Region = "", ""
	}
	key, err := json.Marshal([]any{s.Name, session.Generation, environment, s.Settings.Endpoints.WithDefaults(),
		s.ProjectID, s.Region, kind, instance})
	if err != nil {
		return "", false
	}
	sum := sha256.Sum256(key)
	return filepath.Join(a.listFolder(), hex.EncodeToString(sum[:16])), true
}

func (a *app) listFolder() string { return filepath.Join(a.dirs.Cache, "lists") }

func readList(path string) (known listFile) {
	data, err := securefile.ReadOwn(path, securefile.Private)
	if err != nil || json.Unmarshal(data, &known) != nil {
		return listFile{}
	}
	return known
}

// keepList keeps a list if it can: without one, the next time asks again.
func keepList(path string, list listFile) {
	data, err := json.Marshal(list)
	if err == nil && securefile.MakeOwn(filepath.Dir(path)) == nil {
		_ = atomicfile.WriteOwn(path, data)
	}
}

// forgetLists removes all lists, of which each can be asked for again.
func (a *app) forgetLists() error { return os.RemoveAll(a.listFolder()) }

// askForList has a process list that goes on when there is no answer in time.
func (a *app) askForList(ctx context.Context, s profile.Scope, kind, instance string) ([]listed, bool) {
	args := []string{listCommand, kind, "--profile=" + s.Name, "--region=" + s.Region}
	if s.ProjectID != "" {
		args = append(args, "--project-id="+s.ProjectID)
	}
	if instance != "" {
		args = append(args, instance)
	}
	answer, err := plugin.Beside(args, a.Environ())
	if err != nil {
		return nil, false
	}
	type result struct {
		items []listed
		err   error
	}
	answered := make(chan result, 1)
	go func() {
		defer answer.Close()
		var r result
		r.err = json.NewDecoder(answer).Decode(&r.items)
		answered <- r
	}()
	late := time.NewTimer(listPatience)
	defer late.Stop()
	select {
	case r := <-answered:
		return r.items, r.err == nil
	case <-late.C:
	case <-ctx.Done():
	}
	return nil, false
}

// listCommand is what a completion starts.
const listCommand = "completion-list"

func newListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    listCommand + " KIND [INSTANCE]",
		Short:  "List what shells complete, and keep it for a minute",
		Hidden: true,
		Args:   cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.scope()
			if err != nil {
				return err
			}
			instance := ""
			if len(args) == 2 {
				instance = args[1]
			}
			items, err := a.fetchList(cmd.Context(), s, args[0], instance)
			if err != nil {
				return err
			}
			if now, err := a.scope(); err == nil { // a logout meanwhile is to leave no list behind
				if path, ok := a.listPath(now, args[0], instance); ok {
					keepList(path, listFile{At: a.Now(), Items: items})
				}
			}
			return output.WriteJSON(a.Out, items, "")
		},
	}
}

func (a *app) fetchList(ctx context.Context, s profile.Scope, kind, instance string) ([]listed, error) {
	cloud, err := a.cloud(ctx, s)
	if err != nil {
		return nil, err
	}
	items := []listed{}
	switch kind {
	case listProjects:
		principal, err := cloud.principal(ctx)
		if err != nil {
			return nil, err
		}
		projects, err := cloud.Projects(ctx, stackit.ProjectFilter{Member: principal})
		for _, p := range projects {
			about := ""
			if p.LifecycleState != "ACTIVE" {
				about = strings.ToLower(string(p.LifecycleState))
			}
			items = append(items, listed{p.ProjectId, p.Name, about})
		}
		return items, err
	case listPlans:
		plans, err := cloud.Plans(ctx, cloud.ProjectID)
		for _, p := range plans {
			items = append(items, listed{p.GetId(), p.GetName(), p.GetDescription()})
		}
		return items, err
	case listInstances:
		instances, err := cloud.Instances(ctx, cloud.ProjectID, cloud.Region)
		for _, i := range instances {
			about := ""
			if i.Status != stackit.StatusActive {
				about = i.Status
			}
			items = append(items, listed{i.Id, i.DisplayName, about})
		}
		return items, err
	case listClusters:
		// A token is not minted for it: that is for commands, and who presses the Tab key has not given one yet.
		target, err := managerRequest(cloud, instance).Instance().Resolve(a.dirs, a.Getenv)
		if err != nil {
			return nil, err
		}
		access, ok := a.cachedInstance(target)
		if !ok {
			return nil, errors.New("no token of the instance is cached")
		}
		clusters, err := edgecluster.List(ctx, access.config, "")
		for _, c := range clusters {
			about := plugin.Count(c.Nodes, "node") + ", Kubernetes " + c.Kubernetes
			items = append(items, listed{c.Name, c.Namespace, about})
		}
		return items, err
	}
	return nil, usageError{errors.New("no list of this kind")}
}
