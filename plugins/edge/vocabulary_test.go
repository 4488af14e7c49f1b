package edge

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/diagnosis"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// printed are the types that -o json prints, by how output.Kind is written with them. nil are those of STACKIT's API,
// which are shown as they are.
var printed = map[string]reflect.Type{
	"accessToken":      reflect.TypeFor[accessToken](),
	"audit.Finding":    reflect.TypeFor[audit.Finding](),
	"cachedToken":      reflect.TypeFor[cachedToken](),
	"describedCluster": reflect.TypeFor[describedCluster](),
	"diagnosis.Check":  reflect.TypeFor[diagnosis.Check](),
	"heldSetting":      reflect.TypeFor[heldSetting](),
	"homedCluster":     reflect.TypeFor[homedCluster](),
	"identity":         reflect.TypeFor[identity](),
	"listedInstance":   nil,
	"mintedToken":      reflect.TypeFor[mintedToken](),
	"namedProfile":     reflect.TypeFor[namedProfile](),
	"profileStatus":    reflect.TypeFor[profileStatus](),
	"stackit.Plan":     nil,
	"stackit.Project":  nil,
	"versions":         reflect.TypeFor[versions](),
}

// A fact has one key, in whatever is printed: these are other words for it.
var synonyms = map[string]string{
	"project": "projectId", "projectID": "projectId", "instanceID": "instanceId", "instanceName": "instance",
	"id":          "instanceId, credentialId or another that says of what",
	"name":        "profile, cluster or another that says of what",
	"clusterName": "cluster", "namespace": "clusterNamespace, or that of a role beside it", "clusterId": "uid",
	"expires": "expirationTimestamp", "expiry": "expirationTimestamp", "expiration": "expirationTimestamp",
	"notAfter": "expirationTimestamp", "until": "expirationTimestamp", "end": "expirationTimestamp",
	"created": "creationTimestamp", "issued": "creationTimestamp", "notBefore": "creationTimestamp",
	"creationTime": "creationTimestamp", "since": "creationTimestamp, or lastTransitionTime of a condition",
	"tokens": "credentials", "person": "principal", "user": "principal", "email": "principal",
	"contextName": "context", "profileName": "profile",
}

func TestOneKeyForOneFact(t *testing.T) {
	for kind, what := range printed {
		if what != nil {
			checkWords(t, kind, what)
		}
	}
	checkWords(t, "eachResult", reflect.TypeFor[eachResult]())
	cluster := reflect.TypeFor[sandbox.EdgeCluster]()
	if field, ok := cluster.FieldByName("Instance"); !ok || field.Tag.Get("json") != "instanceId" {
		t.Errorf("edge-sandbox cluster list: the instance's id is %q", field.Tag.Get("json"))
	}
}

// checkWords checks the keys of a type, and of all that is in it.
func checkWords(t *testing.T, where string, of reflect.Type) {
	t.Helper()
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]() {
		return
	}
	for i := range of.NumField() {
		field := of.Field(i)
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if key == "-" || !field.IsExported() && !field.Anonymous {
			continue
		}
		at := where + "." + key
		if better, wrong := synonyms[key]; wrong && !allowed[at] {
			t.Errorf("%s: say %s", at, better)
		}
		if field.Type == reflect.TypeFor[time.Time]() && !slices.Contains([]string{"creationTimestamp",
			"expirationTimestamp", "lastTransitionTime"}, key) {
			t.Errorf("%s: a time has none of the keys for times", at)
		}
		checkWords(t, strings.TrimSuffix(at, "."), field.Type)
	}
}

// allowed are keys that say another fact than elsewhere.
var allowed = map[string]bool{
	"diagnosis.Check.name":    true, // of the check
	"identity.namespace":      true, // of the role
	"namedProfile.expiration": true, // a setting, how long tokens are valid
}

// Each kind of output is in the list above.
func TestVocabularyIsOfAllOutput(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if index, ok := n.(*ast.IndexExpr); ok && types.ExprString(index.X) == "output.Kind" {
				found[types.ExprString(index.Index)] = true
			}
			return true
		})
	}
	if len(found) == 0 {
		t.Fatal("no kind of output found")
	}
	for kind := range found {
		if _, ok := printed[kind]; !ok {
			t.Errorf("%s is printed, and its keys are not checked", kind)
		}
	}
	for kind := range printed {
		if !found[kind] {
			t.Errorf("%s is not printed", kind)
		}
	}
}
