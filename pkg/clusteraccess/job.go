package clusteraccess

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// The administrator's credential is used in a process of its own, which ends before its outcome is used. Go copies what
// it reads from one buffer into the next, and frees memory without overwriting it, so that in a process which lives on,
// the key would be found in its memory long after it was let go: in a core dump, or in swap. The process is given a Job
// on its standard input, and answers with an Outcome on its standard output.

// Task is what a Job is about.
type Task string

const (
	mintTask       Task = ""
	locateTask     Task = "locate"     // find out where the cluster is
	boundTask      Task = "bound"      // look whether the binding of the role is there
	bindTask       Task = "bind"       // make it
	namespacesTask Task = "namespaces" // list them
)

// Job is what the process of the administrator is to do. It has the instance's token in it.
type Job struct {
	Task      Task                     `json:"task,omitempty"`
	Instance  kubeapi.Server           `json:"instance"`
	Token     string                   `json:"token"` // for the instance
	Cluster   tokenrequest.EdgeCluster `json:"cluster"`
	Person    string                   `json:"person"`
	Life      time.Duration            `json:"life"`
	Request   []byte                   `json:"request,omitempty"` // PKCS #10 in PEM, for a certificate
	UserAgent string                   `json:"userAgent"`
	Repair    string                   `json:"repair"` // command that writes the kubeconfig again
	Timeout   time.Duration            `json:"timeout"`
}

// String hides the token.
func (j Job) String() string { return "job for edge cluster " + j.Cluster.Cluster }

// GoString hides the token from %#v.
func (j Job) GoString() string { return j.String() }

// Outcome is what became of a Job.
type Outcome struct {
	// Address is the edge cluster's, as its instance knows it, and Kind what its administrator has for a credential.
	Address      edgecluster.Address `json:"address"`
	Kind         string              `json:"kind,omitempty"`
	Bound        bool                `json:"bound,omitempty"` // the binding is there
	Namespaces   []string            `json:"namespaces,omitempty"`
	Certificates []byte              `json:"certificates,omitempty"`
	Key          []byte              `json:"key,omitempty"` // the administrator's own, where that is asked for
	Token        string              `json:"token,omitempty"`
	End          time.Time           `json:"end,omitzero"`  // of a token, or of the administrator's certificate
	Date         time.Time           `json:"date,omitzero"` // the API server's clock, when it answered
	Age          time.Duration       `json:"age,omitempty"` // how long ago that was, when the outcome was written
	Notes        []string            `json:"notes,omitempty"`

	Error           string `json:"error,omitempty"`
	Hint            string `json:"hint,omitempty"`
	InstanceRefused bool   `json:"instanceRefused,omitempty"` // the instance does not take its token
	Changed         bool   `json:"changed,omitempty"`         // since the kubeconfig was written: see ChangedError
	// NotReady is that the cluster is being created, and State how far that is, in the instance's words.
	NotReady bool   `json:"notReady,omitempty"`
	State    string `json:"state,omitempty"`
}

// String hides what was got.
func (o Outcome) String() string { return "outcome of a job of " + o.Address.Server }

// GoString hides it from %#v.
func (o Outcome) GoString() string { return o.String() }

// maxJob bounds what the two processes say to each other.
const maxJob = 4 << 20

// Work reads a job, does it, and writes the outcome.
func Work(ctx context.Context, in io.Reader, out io.Writer) error {
	var job Job
	if err := json.NewDecoder(io.LimitReader(in, maxJob)).Decode(&job); err != nil {
		return fmt.Errorf("read what is to be done: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, job.Timeout)
	defer cancel()
	outcome, err := job.do(ctx)
	if err != nil {
		outcome = Outcome{Error: err.Error(), Hint: hint.Of(err),
			InstanceRefused: errors.As(err, new(*instanceRefused)), Changed: errors.As(err, new(*ChangedError))}
		if waiting, ok := errors.AsType[*edgecluster.NotReadyError](err); ok && !waiting.Cluster.Deleting {
			outcome.NotReady, outcome.State = true, waiting.Cluster.Reason
		}
	}
	return json.NewEncoder(out).Encode(outcome)
}

// instanceRefused is that the instance's API server does not take the token.
type instanceRefused struct{ error }

func (j Job) do(ctx context.Context) (Outcome, error) {
	instance := &rest.Config{Host: j.Instance.URL, BearerToken: j.Token, UserAgent: j.UserAgent}
	instance.CAData = j.Instance.CA
	cluster, err := j.find(ctx, instance)
	if err != nil {
		return Outcome{}, err
	}
	administrator, err := edgecluster.ReadAdministrator(ctx, instance, cluster)
	if err == nil {
		err = j.checkAddress(cluster, administrator)
	}
	if err != nil {
		return Outcome{}, err
	}
	outcome := Outcome{Address: administrator.Address, Kind: administrator.Kind(), End: administrator.NotAfter}
	if j.Task == locateTask {
		return outcome, nil
	}
	client, err := administrator.Client(j.UserAgent)
	if err != nil {
		return Outcome{}, err
	}
	defer client.Close()
	var date, answered time.Time
	g := GrantOf(j.Cluster)
	switch {
	case j.Task == boundTask:
		_, err = onBehalf(client, j.Person, func(client *kubeapi.Client) error {
			if !g.Bound() {
				outcome.Bound, err = groupBound(ctx, client, g.Group())
				return err
			}
			outcome.Bound, date, err = boundAt(ctx, client, g)
			return err
		})
		if !g.Bound() && apierrors.IsForbidden(err) { // to the administrator: then it is not known
			outcome.Bound, err = true, nil
		}
	case j.Task == bindTask:
		_, err = onBehalf(client, j.Person, func(client *kubeapi.Client) error { return bind(ctx, client, g) })
	case j.Task == namespacesTask:
		_, err = onBehalf(client, j.Person, func(client *kubeapi.Client) (err error) {
			outcome.Namespaces, err = namespaces(ctx, client)
			return err
		})
	case j.Cluster.Credential == tokenrequest.Administrator:
		if _, date, err := whoami(ctx, client); apierrors.IsUnauthorized(err) || apierrors.IsForbidden(err) {
			return Outcome{}, explain(err, cluster, administrator, date) // a client would say no more than 401
		}
		outcome.Certificates, outcome.Key, outcome.Token = administrator.Reveal()
		if err := edgecluster.Mark(ctx, instance, cluster, j.Person, time.Now()); err != nil {
			// One who can read the secret needs nobody's leave, so nobody is kept from it for the want of a mark.
			outcome.Notes = append(outcome.Notes, "no mark of it was left: "+err.Error())
		}
		return outcome, nil
	case j.Cluster.Credential == tokenrequest.Token:
		outcome.Token, outcome.End, date, answered, err = requestToken(ctx, client, j.Person, g, j.Life, j.Repair)
	default:
		outcome.Certificates, date, answered, err = sign(ctx, client, j.Person, j.Request, j.Life)
	}
	if err != nil {
		return Outcome{}, instead(explain(err, cluster, administrator, date), j.Cluster, j.Repair)
	}
	// Without the monotonic clock, which stops while the machine sleeps.
	outcome.Date, outcome.Age = date, time.Now().Round(0).Sub(answered.Round(0))
	return outcome, nil
}

// onBehalf has work done as the administrator in the name of the person, which the audit log then has, or in the
// administrator's own where impersonation is refused. It returns the client that did it.
func onBehalf(administrator *kubeapi.Client, person string, work func(*kubeapi.Client) error) (*kubeapi.Client,
	error) {
	client := administrator.As(person, masters)
	err := work(client)
	if impersonationRefused(err) {
		client = administrator
		err = work(client)
	}
	return client, err
}

// impersonationRefused reports whether err is a 403 about the impersonation, and not about what was asked for.
func impersonationRefused(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "cannot impersonate")
}

// find looks the cluster up, and reports whether it is the one that was meant.
func (j Job) find(ctx context.Context, instance *rest.Config) (edgecluster.Cluster, error) {
	cluster, err := edgecluster.Get(ctx, instance, j.Cluster.ClusterNamespace, j.Cluster.Cluster)
	switch {
	case apierrors.IsUnauthorized(err):
		return cluster, &instanceRefused{fmt.Errorf("the instance refuses its token: %w", err)}
	case err != nil:
		return cluster, err
	case j.Cluster.ClusterUID != "" && cluster.UID != j.Cluster.ClusterUID:
		return cluster, hint.Wrap(&ChangedError{fmt.Errorf("edge cluster %q is not the one that the kubeconfig was "+
			"made for: it was deleted, and another was created at %s", cluster.Name,
			cluster.Created.Local().Format(time.DateTime))}, "%s", j.Repair)
	}
	return cluster, nil
}

// checkAddress reports whether the cluster has the authorities that the kubeconfig has for it. With others, the
// client would not accept the server, and say no more than that.
//
// Nor is an address followed that the kubeconfig does not have: clients would go on to use that one.
func (j Job) checkAddress(cluster edgecluster.Cluster, administrator *edgecluster.Administrator) error {
	if j.Cluster.Server != "" && j.Cluster.Server != administrator.ServerHash() {
		return hint.Wrap(&ChangedError{fmt.Errorf("edge cluster %q is at %s now, which is not where the kubeconfig "+
			"has it", cluster.Name, administrator.Server)}, "if it has moved: %s", j.Repair)
	}
	if j.Cluster.CA == "" || j.Cluster.CA == administrator.CAHash() {
		return nil
	}
	return hint.Wrap(&ChangedError{fmt.Errorf("the certificate authorities of edge cluster %q have changed since the "+
		"kubeconfig was written", cluster.Name)}, "%s", j.Repair)
}
