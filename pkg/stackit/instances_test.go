package stackit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func TestInstances(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	instances, err := w.Instances(t.Context(), sandbox.ProjectID, sandbox.Region)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range instances {
		got = append(got, fmt.Sprint(i.Id, " ", i.DisplayName, " ", i.FrontendUrl, " ", i.Status))
	}
	want := []string{
		"demo-3714d85 demo https://app.demo-3714d85.edge.eu01.onstackit.cloud active",
		"plant-3714d85 plant https://app.plant-3714d85.edge.eu01.onstackit.cloud reconciling",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if none, err := w.Instances(t.Context(), sandbox.NamesakeProjectID, sandbox.Region); err != nil || len(none) != 0 {
		t.Errorf("project without instances: %v, %v", none, err)
	}
	if plans, err := w.Plans(t.Context(), sandbox.ProjectID); err != nil || len(plans) != 3 ||
		plans[0].GetId() != sandbox.PlanID {
		t.Errorf("plans: %v, %v", plans, err)
	}
}

func TestInstance(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	byID, err := w.Instance(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID)
	if err != nil || byID.Id != sandbox.InstanceID || byID.GetDescription() != "Demonstration" ||
		byID.Created.IsZero() {
		t.Errorf("by id: %+v, %v", byID, err)
	}
	byName, err := w.InstanceByName(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceName)
	if err != nil || byName.Id != sandbox.InstanceID {
		t.Errorf("by name: %+v, %v", byName, err)
	}
	for name, call := range map[string]func() error{
		"by id": func() error {
			_, err := w.Instance(t.Context(), sandbox.ProjectID, sandbox.Region, "absent-1")
			return err
		},
		"by name": func() error {
			_, err := w.InstanceByName(t.Context(), sandbox.ProjectID, sandbox.Region, "absent")
			return err
		},
	} {
		err := call()
		if !hasStatus(err, 404) || !strings.HasPrefix(err.Error(), `no instance "absent`) ||
			!strings.Contains(hint.Of(err),
				"kubectl edge instance list --project-id "+sandbox.ProjectID+" --region eu01") {
			t.Errorf("%s: got %v, hint %q", name, err, hint.Of(err))
		}
	}
}

func TestInstanceLife(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	ctx := t.Context()
	w.sleepAdvances(5 * time.Second)

	i, err := w.CreateInstance(ctx, sandbox.ProjectID, sandbox.Region,
		CreateInstanceRequest{DisplayName: "plot", PlanID: sandbox.PlanID, Description: "a new one"})
	if err != nil || i.DisplayName != "plot" || i.Status != StatusReconciling || i.GetDescription() != "a new one" {
		t.Fatalf("create: %+v, %v", i, err)
	}
	_, err = w.CreateInstance(ctx, sandbox.ProjectID, sandbox.Region,
		CreateInstanceRequest{DisplayName: "plot", PlanID: sandbox.PlanID})
	if !hasStatus(err, 409, 400) {
		t.Errorf("create again: %v", err)
	}

	var seen []string
	active, err := w.WaitActive(ctx, sandbox.ProjectID, sandbox.Region, i.Id,
		func(i Instance) { seen = append(seen, i.Status) })
	if err != nil || active.Status != StatusActive || len(seen) == 0 || seen[0] != StatusReconciling {
		t.Errorf("wait: %+v, %v, progress %v", active, err, seen)
	}

	text := "an old one"
	if err := w.UpdateInstance(ctx, sandbox.ProjectID, sandbox.Region, i.Id,
		UpdateInstanceRequest{Description: &text}); err != nil {
		t.Errorf("update: %v", err)
	}
	active, err = w.WaitActive(ctx, sandbox.ProjectID, sandbox.Region, i.Id, nil)
	if err != nil || active.GetDescription() != text || active.PlanId != sandbox.PlanID {
		t.Errorf("after the update: %+v, %v", active, err)
	}

	if err := w.DeleteInstance(ctx, sandbox.ProjectID, sandbox.Region, i.Id); err != nil {
		t.Errorf("delete: %v", err)
	}
	seen = nil
	if err := w.WaitDeleted(ctx, sandbox.ProjectID, sandbox.Region, i.Id,
		func(i Instance) { seen = append(seen, i.Status) }); err != nil || !slices.Contains(seen, StatusDeleting) {
		t.Errorf("wait for the end: %v, progress %v", err, seen)
	}
	if _, err := w.Instance(ctx, sandbox.ProjectID, sandbox.Region, i.Id); !hasStatus(err, 404) {
		t.Errorf("after the end: %v", err)
	}
}

func TestWritesAreSentOnce(t *testing.T) {
	w := newWorld(t, sandbox.AdminServiceAccount)
	for method, call := range map[string]func(*world) error{
		"POST": func(w *world) error {
			_, err := w.CreateInstance(t.Context(), sandbox.ProjectID, sandbox.Region,
				CreateInstanceRequest{DisplayName: "plot", PlanID: sandbox.PlanID})
			return err
		},
		"PUT": func(w *world) error {
			return w.UpdateInstance(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID,
				UpdateInstanceRequest{})
		},
		"DELETE": func(w *world) error {
			return w.DeleteInstance(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID)
		},
	} {
		for _, preset := range []string{"bad-gateway", "cut", "conflict", "too-many-requests"} {
			t.Run(method+" "+preset, func(t *testing.T) {
				w.reset()
				w.fail(t, sandbox.Fault{Preset: preset, Method: method})
				// A connection that was used before, which net/http might try again on its own.
				if _, err := w.Plans(t.Context(), sandbox.ProjectID); err != nil {
					t.Fatal(err)
				}
				err := call(w)
				if err == nil || hint.Of(err) == "" {
					t.Errorf("got %v, hint %q", err, hint.Of(err))
				}
				n := 0
				for path, count := range w.Stats().Paths {
					if strings.HasPrefix(path, method+" /edge/") {
						n += count
					}
				}
				if n != 1 {
					t.Errorf("%d requests, want 1", n)
				}
			})
		}
	}
}

func TestReaderMayNotWrite(t *testing.T) {
	w := newWorld(t, sandbox.ReaderServiceAccount)
	err := w.DeleteInstance(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID)
	var api *APIError
	if !errors.As(err, &api) || api.Status != 403 || api.Method != "DELETE" ||
		!strings.Contains(hint.Of(err), "role edge.admin in project") {
		t.Errorf("got %v, hint %q", err, hint.Of(err))
	}
}
