package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

// credentialError is that there is no credential to ask with.
type credentialError struct{ error }

func (e credentialError) Unwrap() error { return e.error }

// TimeoutError is the cause of a context that ended because its time was over.
type TimeoutError struct{ After string }

func (e TimeoutError) Error() string { return "no answer within " + e.After }

// Failure is err in kubectl's words, as its CheckErr prints them: mostly one line.
// See k8s.io/kubectl/pkg/cmd/util/helpers.go.
func Failure(ctx context.Context, err error) string {
	text := failure(ctx, err)
	if len(text) > mostOfMessage {
		text = strings.ToValidUTF8(text[:mostOfMessage], "") + "…"
	}
	return text
}

// mostOfMessage is how much is shown of what a server says. Those of admission webhooks are the longest.
const mostOfMessage = 8 << 10

func failure(ctx context.Context, err error) string {
	if timeout, ok := errors.AsType[TimeoutError](context.Cause(ctx)); ok {
		return "error: " + timeout.Error() + " (--timeout)"
	}
	if aggregate, ok := err.(utilerrors.Aggregate); ok { // as kubectl unwraps: this one, and no further
		errs := aggregate.Errors()
		if len(errs) > 1 {
			var lines []string
			for _, err := range errs {
				lines = append(lines, message(err))
			}
			return strings.Join(lines, "\n")
		}
		if len(errs) == 1 {
			err = errs[0]
			if inner, ok := err.(utilerrors.Aggregate); ok && len(inner.Errors()) > 1 {
				return failure(ctx, inner)
			}
		}
	}
	if text, ok := invalid(err); ok {
		return text
	}
	text, known := standard(err)
	if !known && !strings.HasPrefix(text, "error: ") {
		text = "error: " + text
	}
	return text
}

// message is an error among others.
func message(err error) string {
	text, _ := standard(err)
	return text
}

func standard(err error) (text string, known bool) {
	if much, ok := errors.AsType[tooMuchError](err); ok {
		return much.Error(), false
	}
	if credential, ok := errors.AsType[credentialError](err); ok {
		return "Unable to connect to the server: getting credentials: " + credential.Error(), true
	}
	if status, ok := err.(apierrors.APIStatus); ok {
		switch s := status.Status(); {
		case s.Reason == metav1.StatusReasonUnauthorized:
			return fmt.Sprintf("error: You must be logged in to the server (%s)", s.Message), true
		case s.Reason != "":
			return fmt.Sprintf("Error from server (%s): %s", s.Reason, err.Error()), true
		default:
			return "Error from server: " + err.Error(), true
		}
	}
	if apierrors.IsUnexpectedObjectError(err) {
		return "Server returned an unexpected response: " + err.Error(), true
	}
	if t, ok := err.(*url.Error); ok {
		if strings.Contains(t.Err.Error(), "connection refused") {
			host := t.URL
			if server, err := url.Parse(t.URL); err == nil {
				host = server.Host
			}
			return fmt.Sprintf("The connection to the server %s was refused - did you specify the right host or port?",
				host), true
		}
		return fmt.Sprintf("Unable to connect to the server: %v", t.Err), true
	}
	return err.Error(), false
}

// invalid is what kubectl says of a request that the server found invalid.
func invalid(err error) (string, bool) {
	status, ok := err.(*apierrors.StatusError)
	if !ok || status.ErrStatus.Reason != metav1.StatusReasonInvalid {
		return "", false
	}
	text, details := "The request is invalid", status.ErrStatus.Details
	if details == nil {
		if status.ErrStatus.Message != "" {
			text += ": " + status.ErrStatus.Message
		}
		return text, true
	}
	if details.Kind != "" || details.Name != "" {
		text = fmt.Sprintf("The %s %q is invalid", details.Kind, details.Name)
	} else if status.ErrStatus.Message != "" && len(details.Causes) == 0 {
		text += ": " + status.ErrStatus.Message
	}
	var causes []string
	for _, cause := range details.Causes {
		causes = append(causes, cause.Field+": "+cause.Message)
	}
	if len(causes) == 1 {
		return text + ": " + causes[0], true
	} else if len(causes) > 1 {
		return text + ": \n* " + strings.Join(causes, "\n* "), true
	}
	return text, true
}
