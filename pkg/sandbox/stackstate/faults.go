package stackstate

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
)

// Presets are the presets of faults that StackState answers in its own way, and old-version, a server of 5.0.0.
func Presets() map[string]fault.Fault {
	info, _ := json.Marshal(serverInfo{serverVersion{Major: 5, IsDev: true}, "SelfHosted", "",
		[]string{"Observability"}})
	return map[string]fault.Fault{
		"unauthorized":   errorPreset(http.StatusUnauthorized, "AuthenticationError", unauthorized().Error()),
		"internal-error": errorPreset(http.StatusInternalServerError, "InternalError", "the database is not available"),
		"cut-body":       {Cut: true, Status: http.StatusOK, ContentType: "application/json", Body: `[{"name":`},
		"old-version": {Path: "/api/server/info", Status: http.StatusOK, ContentType: "application/json",
			Body: string(info) + "\n"},
	}
}

// errorPreset is a fault that answers with the generic body.
func errorPreset(status int, kind, message string) fault.Fault {
	body, _ := json.Marshal(genericBody(&apiError{status, kind, message}, time.Now()))
	return fault.Fault{Status: status, ContentType: "application/json", Body: string(body)}
}
