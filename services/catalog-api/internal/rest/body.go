package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxBody            = 64 << 10 // bytes
	defaultBodyTimeout = 10 * time.Second
)

func (a *API) bodyTimeout() time.Duration {
	if a.BodyTimeout == 0 {
		return defaultBodyTimeout
	}
	return a.BodyTimeout
}

// readBody reads the whole body before next, within the limits of size and time. It
// refuses bodies that are not declared as one of the media types.
func (a *API) readBody(next http.Handler, types []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := checkHeaders(r, types); p != nil {
			WriteProblem(w, r, p)
			return
		}
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(a.bodyTimeout())) // if it can't be set, the server's own applies
		data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if p := readProblem(err); p != nil {
			refuse(w, r, p)
			return
		}
		_ = control.SetReadDeadline(time.Time{})        // otherwise it would end the request while the handler works
		data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors write a byte order mark
		if len(bytes.TrimSpace(data)) == 0 {
			WriteProblem(w, r, Malformed.Problem("The request has no body. Send a JSON object."))
			return
		}
		if p := checkJSON(data); p != nil {
			WriteProblem(w, r, p)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(data))
		next.ServeHTTP(w, r)
	})
}

// checkHeaders returns a problem if the headers alone rule the body out. A body without
// a Content-Type is taken as JSON, but not from a browser: pages of other sites can send
// such a body without a preflight request.
func checkHeaders(r *http.Request, types []string) *Problem {
	if r.ContentLength > maxBody {
		return tooLarge.Problem("The body is larger than 64 KiB. Send less.")
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return mediaType.Problem("The body is compressed. Send it as it is, without Content-Encoding.")
	}
	contentType := r.Header.Get("Content-Type")
	if contentType == "" && r.Header.Get("Origin") == "" {
		return nil
	}
	parsed, params, err := mime.ParseMediaType(contentType)
	charset := params["charset"]
	if err != nil || !slices.Contains(types, parsed) || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return mediaType.Problem("The body must be JSON in UTF-8. Send it with the header Content-Type: " + types[0] + ".")
	}
	exchangeOf(r.Context()).media = parsed
	r.Header.Set("Content-Type", JSON) // huma selects the decoder by it
	return nil
}

func readProblem(err error) *Problem {
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		return nil
	case large:
		return tooLarge.Problem("The body is larger than 64 KiB. Send less.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return tooSlow.Problem("The body did not arrive in time. Send it again.")
	default:
		return Malformed.Problem("The body is incomplete: the connection ended early. Send it again.")
	}
}

func checkJSON(data []byte) *Problem {
	if !utf8.Valid(data) {
		return Malformed.Problem("The body is not UTF-8. Send it as UTF-8.")
	}
	var syntax json.RawMessage
	if err := json.Unmarshal(data, &syntax); err != nil {
		return Malformed.Problem("The body is not valid JSON: " + err.Error() + ".")
	}
	return nil
}
