//go:build system

package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// asDocuments reports whether a command prints JSON or YAML, of which each makes one list.
func asDocuments(command []string) bool {
	return slices.ContainsFunc(command, func(word string) bool {
		return slices.Contains([]string{"json", "yaml", "--output=json", "--output=yaml"}, word)
	})
}

// valueOf is the version of kubectl version in the line that begins so.
func valueOf(lines []string, name string) string {
	for _, line := range lines {
		if value, found := strings.CutPrefix(line, name+" Version: "); found {
			return value
		}
	}
	return ""
}

// objectsOf are the objects of one document, each as JSON, without the time of a review.
func objectsOf(t *testing.T, document string) []string {
	t.Helper()
	var objects []string
	for _, object := range parsed(t, document) {
		objects = append(objects, asJSON(t, object))
	}
	return objects
}

func parsed(t *testing.T, document string) []map[string]any {
	t.Helper()
	if document == "" {
		return nil
	}
	var whole map[string]any
	if err := yaml.Unmarshal([]byte(document), &whole); err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
	if whole["kind"] != "List" {
		return []map[string]any{whole}
	}
	var objects []map[string]any
	for _, item := range whole["items"].([]any) {
		objects = append(objects, item.(map[string]any))
	}
	return objects
}

func asJSON(t *testing.T, object map[string]any) string {
	t.Helper()
	if metadata, ok := object["metadata"].(map[string]any); ok && object["kind"] == "SelfSubjectReview" {
		delete(metadata, "creationTimestamp")
	}
	data, err := json.MarshalIndent(object, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// documents are the objects of each context in the list that each prints, without what it adds to them.
func (f *fleetTest) documents(t *testing.T, document string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	if document == "" {
		t.Error("it has printed no list")
	}
	for _, object := range parsed(t, document) {
		context, _ := object["instance"].(string)
		delete(object, "instance")
		if metadata, ok := object["metadata"].(map[string]any); ok {
			annotations := metadata["annotations"].(map[string]any)
			context = annotations["kubectl-edge/instance"].(string)
			delete(annotations, "kubectl-edge/instance")
			if len(annotations) == 0 {
				delete(metadata, "annotations")
			}
		}
		all[context] = append(all[context], asJSON(t, object))
	}
	return all
}
