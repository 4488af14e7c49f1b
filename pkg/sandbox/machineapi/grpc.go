package machineapi

import (
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Codes of gRPC.
const (
	codeInvalid       = 3
	codeNotFound      = 5
	codeDenied        = 7
	codePrecondition  = 9
	codeUnimplemented = 12
	codeInternal      = 13
)

type statusError struct {
	code    int
	message string
}

func (e *statusError) Error() string { return e.message }

// receive reads the one message of a call.
func receive(r *http.Request) ([]byte, error) {
	const maxMessage = 1 << 20
	body, err := io.ReadAll(io.LimitReader(r.Body, maxMessage))
	if err != nil || len(body) < 5 || body[0] != 0 || int(binary.BigEndian.Uint32(body[1:5])) != len(body)-5 {
		return nil, &statusError{codeInvalid, "the call is not one message"}
	}
	return body[5:], nil
}

// send writes messages, and how the call ended.
func send(w http.ResponseWriter, messages [][]byte, err error) {
	w.Header().Set("Content-Type", "application/grpc")
	for _, message := range messages {
		_, _ = w.Write(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...))
	}
	w.WriteHeader(http.StatusOK)
	code, text := 0, ""
	if status, ok := errors.AsType[*statusError](err); ok {
		code, text = status.code, status.message
	} else if err != nil {
		code, text = codeInternal, err.Error()
	}
	w.Header().Set(http.TrailerPrefix+"Grpc-Status", strconv.Itoa(code))
	w.Header().Set(http.TrailerPrefix+"Grpc-Message", url.PathEscape(text))
}

// A field of a message is a number with its value.
type field struct {
	number protowire.Number
	value  any // string, []byte or int
}

// message encodes fields. Those that are empty are left out, as they are in every message.
func message(fields ...field) []byte {
	var b []byte
	for _, f := range fields {
		switch v := f.value.(type) {
		case string:
			if v != "" {
				b = protowire.AppendString(protowire.AppendTag(b, f.number, protowire.BytesType), v)
			}
		case []byte:
			if v != nil {
				b = protowire.AppendBytes(protowire.AppendTag(b, f.number, protowire.BytesType), v)
			}
		case int:
			if v != 0 {
				b = protowire.AppendVarint(protowire.AppendTag(b, f.number, protowire.VarintType), uint64(v))
			}
		}
	}
	return b
}

// values are what a message has for a field: texts, or messages; numbers are in numbers.
func values(message []byte, wanted protowire.Number) (texts [][]byte, numbers []uint64) {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return texts, numbers
		}
		message = message[n:]
		size := protowire.ConsumeFieldValue(number, kind, message)
		if size < 0 {
			return texts, numbers
		}
		if number == wanted && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message)
			texts = append(texts, value)
		} else if number == wanted && kind == protowire.VarintType {
			value, _ := protowire.ConsumeVarint(message)
			numbers = append(numbers, value)
		}
		message = message[size:]
	}
	return texts, numbers
}

// text is the one text that a message has for a field, or "".
func text(message []byte, number protowire.Number) string {
	if texts, _ := values(message, number); len(texts) > 0 {
		return string(texts[len(texts)-1])
	}
	return ""
}
