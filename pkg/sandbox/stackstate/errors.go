package stackstate

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
)

// apiError is an answer with GenericErrorsResponse, the body of all errors but one.
type apiError struct {
	status  int
	kind    string // the _type of the error inside
	message string
}

func (e *apiError) Error() string { return e.message }

func unauthorized() error {
	return &apiError{http.StatusUnauthorized, "AuthenticationError",
		"the credentials are missing, unknown, expired or deleted"}
}

func forbidden(format string, args ...any) error {
	return &apiError{http.StatusForbidden, "AuthorizationError", fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &apiError{http.StatusNotFound, "NotFoundError", fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) error {
	return &apiError{http.StatusBadRequest, "BadRequestError", fmt.Sprintf(format, args...)}
}

type genericErrorsResponse struct {
	Type            string         `json:"_type"`
	TrackingKey     string         `json:"trackingKey"`
	ServerTimestamp int64          `json:"serverTimestamp"` // epoch milliseconds
	Errors          []genericError `json:"errors"`
}

type genericError struct {
	Type      string `json:"_type"`
	Message   string `json:"message"`
	ErrorCode int64  `json:"errorCode"`
}

// invalidExpiryError is the one error that has a body of its own.
type invalidExpiryError struct {
	Type    string `json:"_type"`
	Message string `json:"message"`
}

func (e *invalidExpiryError) Error() string { return e.Message }

func writeError(w http.ResponseWriter, err error, now time.Time) {
	var expiry *invalidExpiryError
	if errors.As(err, &expiry) {
		writeStatus(w, http.StatusBadRequest, expiry)
		return
	}
	e := &apiError{http.StatusInternalServerError, "InternalError", err.Error()}
	errors.As(err, &e)
	writeStatus(w, e.status, genericBody(e, now))
}

func genericBody(e *apiError, now time.Time) genericErrorsResponse {
	return genericErrorsResponse{
		Type:            "ErrorsResponse",
		TrackingKey:     string(uuid.NewUUID()),
		ServerTimestamp: now.UnixMilli(),
		Errors:          []genericError{{e.kind, e.message, int64(e.status)}},
	}
}

func writeStatus(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that is gone has no use for the error
}
