package edge

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/plainyaml"
	"github.com/kubectl-edge/kubectl-edge/pkg/talosaccess"
)

// talosJob is what the process is to do that has the administrator's talosconfig: have a node issue a certificate with
// the roles, or without any only say which authorities it has. It has the instance's token in it.
type talosJob struct {
	Instance  kubeapi.Server      `json:"instance"`
	Token     string              `json:"token"`
	Cluster   edgecluster.Cluster `json:"cluster"`
	What      string              `json:"what"` // the cluster, as messages call it
	Roles     []string            `json:"roles,omitempty"`
	TTL       time.Duration       `json:"ttl,omitempty"`
	UserAgent string              `json:"userAgent"`
}

// String hides the token.
func (j talosJob) String() string { return "job for Talos of " + j.What }

// GoString hides the token from %#v.
func (j talosJob) GoString() string { return j.String() }

// talosOutcome is what became of a talosJob.
type talosOutcome struct {
	Config      []byte    `json:"config,omitempty"`      // the talosconfig with what was issued
	NotAfter    time.Time `json:"notAfter,omitzero"`     // of that
	Short       bool      `json:"short,omitempty"`       // it lives shorter than was asked for
	Authorities []byte    `json:"authorities,omitempty"` // of the administrator's, in PEM
	Error       string    `json:"error,omitempty"`
	Hint        string    `json:"hint,omitempty"`
}

// String hides what was issued.
func (o talosOutcome) String() string { return "outcome of a job for Talos" }

// GoString hides it from %#v.
func (o talosOutcome) GoString() string { return o.String() }

// talosWork has a process of its own do the job for the edge cluster.
func (a *app) talosWork(ctx context.Context, c *managedCluster, job talosJob) (outcome talosOutcome, err error) {
	job.Instance, job.Token = kubeapi.Server{URL: c.api.Host, CA: c.api.CAData}, c.api.BearerToken
	job.Cluster, job.What, job.UserAgent = c.Cluster, c.String(), a.userAgent()
	end := a.Slow("Talos of " + c.String())
	err = a.inChild(ctx, talosWorkCommand, job, &outcome)
	end()
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		return outcome, fmt.Errorf("get a certificate for Talos of %s: %w", c, err)
	case err != nil:
		return outcome, err
	case outcome.Error != "" && outcome.Hint != "":
		return outcome, hint.Wrap(errors.New(outcome.Error), "%s", outcome.Hint)
	case outcome.Error != "":
		return outcome, errors.New(outcome.Error)
	}
	return outcome, nil
}

// doTalosWork reads a talosJob, does it, and writes the outcome.
func (a *app) doTalosWork(ctx context.Context, in io.Reader, out io.Writer) error {
	var job talosJob
	if err := json.NewDecoder(in).Decode(&job); err != nil {
		return fmt.Errorf("read what is to be done: %w", err)
	}
	outcome, err := job.do(ctx, a.Now)
	if err != nil {
		outcome = talosOutcome{Error: err.Error(), Hint: hint.Of(err)}
	}
	return json.NewEncoder(out).Encode(outcome)
}

func (j talosJob) do(ctx context.Context, now func() time.Time) (talosOutcome, error) {
	instance := &rest.Config{Host: j.Instance.URL, BearerToken: j.Token, UserAgent: j.UserAgent}
	instance.CAData = j.Instance.CA
	data, err := edgecluster.ReadTalos(ctx, instance, j.Cluster)
	if err != nil {
		return talosOutcome{}, err
	}
	if len(j.Roles) == 0 {
		return talosOutcome{Authorities: talosAuthorities(data)}, nil
	}
	admin, err := j.parse(data, now())
	if err != nil {
		return talosOutcome{}, err
	}
	issued, err := admin.Issue(ctx, talosaccess.Request{Roles: j.Roles, TTL: j.TTL, UserAgent: j.UserAgent, Now: now})
	if err != nil {
		return talosOutcome{}, explainTalos(j.What, err)
	}
	config, err := issued.Marshal()
	return talosOutcome{Config: config, NotAfter: issued.NotAfter(), Short: issued.Short(j.TTL)}, err
}

// parse reads the administrator's talosconfig, as the instance keeps it.
func (j talosJob) parse(data []byte, now time.Time) (*talosaccess.Config, error) {
	admin, err := talosaccess.Parse(data, now)
	if err == nil {
		return admin, nil
	}
	secret := j.Cluster.Namespace + "/" + j.Cluster.Name + "-talosconfig"
	failure := &edgecluster.SecretError{Cluster: j.Cluster.Name, Reason: "the talosconfig in secret " + secret +
		" is not used: " + err.Error()}
	if errors.As(err, new(*talosaccess.ExpiredError)) {
		return nil, hint.Wrap(failure, "the instance should have renewed it: ask who manages the instance")
	}
	return nil, hint.Wrap(failure, "nothing was sent anywhere; ask who manages the instance what secret %s is", secret)
}

// explainTalos names the edge cluster whose nodes gave no certificate, and what to do.
func explainTalos(what string, err error) error {
	failure := fmt.Errorf("get a certificate for Talos of %s: %w", what, err)
	status, answered := errors.AsType[*talosaccess.StatusError](err)
	switch {
	case errors.As(err, new(*talosaccess.LifeError)):
		return hint.Wrap(failure,
			"upgrade Talos on the nodes: theirs may ignore how long a certificate is to live")
	case errors.Is(err, talosaccess.ErrRefused):
		return hint.Wrap(failure, "talosctl was not run; ask who manages the instance which authority its nodes have")
	case answered && status.Denied():
		return hint.Wrap(failure,
			"the talosconfig of the instance may not issue certificates: ask who manages the instance")
	case answered:
		return failure
	case errors.Is(err, context.Canceled):
		return err
	}
	return hint.Wrap(failure,
		"this machine has to reach the machine API of a control plane node, by VPN or proxy if need be")
}

// talosAuthorities are the authorities in a talosconfig, in PEM, or nil.
func talosAuthorities(data []byte) (all []byte) {
	var file struct {
		Contexts map[string]struct {
			CA string `json:"ca"`
		} `json:"contexts"`
	}
	if plainyaml.Unmarshal(data, &file) != nil {
		return nil
	}
	for _, c := range file.Contexts {
		if pem, err := base64.StdEncoding.DecodeString(c.CA); err == nil {
			all = append(all, pem...)
		}
	}
	return all
}
