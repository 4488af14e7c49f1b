package edgecluster

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
)

// breakGlassAnnotation of an EdgeCluster says to whom its administrator's own credential was handed out, and when: a
// line for each time, the latest first.
const breakGlassAnnotation = "kubectl-edge/break-glass"

// maxMarks is how many lines are kept.
const maxMarks = 20

// marks are the lines of the annotation.
func marks(annotations map[string]string) (lines []string) {
	for line := range strings.Lines(annotations[breakGlassAnnotation]) {
		if line = strings.TrimSpace(line); line != "" && len(lines) < maxMarks {
			lines = append(lines, line)
		}
	}
	return lines
}

// Mark writes on the EdgeCluster that a person was handed out its administrator's own credential: as an annotation,
// which stays, or where that is not allowed as an event, which the API server forgets after an hour.
func Mark(ctx context.Context, config *rest.Config, c Cluster, person string, at time.Time) error {
	client, err := kubeapi.ForConfig(config)
	if err != nil {
		return err
	}
	defer client.Close()
	line := hint.Printable(person) + " " + at.UTC().Format(time.RFC3339)
	for range 5 { // others may write at the same time
		if err = annotate(ctx, client, c, line); !apierrors.IsConflict(err) {
			break
		}
	}
	if apierrors.IsForbidden(err) {
		err = report(ctx, client, c, line, at)
	}
	if err != nil {
		return fmt.Errorf("mark edge cluster %q: %w", c.Name, err)
	}
	return nil
}

func annotate(ctx context.Context, client *kubeapi.Client, c Cluster, line string) error {
	var o object
	if _, err := client.Do(ctx, kubeapi.Call{Method: http.MethodGet, Path: path(c.Namespace, c.Name)}, &o); err != nil {
		return err
	}
	lines := append([]string{line}, marks(o.Metadata.Annotations)...)
	patch := map[string]any{"metadata": map[string]any{
		"resourceVersion": o.Metadata.ResourceVersion, // a conflict if somebody was faster
		"annotations": map[string]string{
			breakGlassAnnotation: strings.Join(lines[:min(len(lines), maxMarks)], "\n"),
		},
	}}
	_, err := client.Do(ctx, kubeapi.Call{Method: http.MethodPatch, Path: path(c.Namespace, c.Name), Body: patch,
		Patch: string(types.MergePatchType)}, nil)
	return err
}

func report(ctx context.Context, client *kubeapi.Client, c Cluster, line string, at time.Time) error {
	event := corev1.Event{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Event"},
		ObjectMeta: metav1.ObjectMeta{GenerateName: c.Name + ".", Namespace: c.Namespace},
		InvolvedObject: corev1.ObjectReference{APIVersion: group + "/" + version, Kind: "EdgeCluster", Name: c.Name,
			Namespace: c.Namespace, UID: types.UID(c.UID)},
		Type: corev1.EventTypeWarning, Reason: "BreakGlass",
		Message:        "the administrator's own credential was handed out: " + line,
		Source:         corev1.EventSource{Component: "kubectl-edge"},
		FirstTimestamp: metav1.NewTime(at), LastTimestamp: metav1.NewTime(at), Count: 1,
	}
	_, err := client.Do(ctx, kubeapi.Call{Method: http.MethodPost,
		Path: []string{"api", "v1", "namespaces", c.Namespace, "events"}, Body: event}, nil)
	return err
}
