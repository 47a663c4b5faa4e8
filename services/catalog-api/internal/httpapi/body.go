package httpapi

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

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
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

// readBody is a middleware of the routes that take a body: it reads all of it,
// within its limits, and refuses what is not declared as one of the media types.
func (a *API) readBody(types ...string) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		if p := declared(r, types); p != nil {
			writeProblem(w, p)
			return
		}
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(a.bodyTimeout())) // where it can't be set, the server's own holds
		data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if p := unreadable(err); p != nil {
			// The server would wait for the rest before it answers.
			_ = control.SetReadDeadline(time.Now())
			w.Header().Set("Connection", "close")
			writeProblem(w, p)
			return
		}
		_ = control.SetReadDeadline(time.Time{})        // else it would end the request while the handler works
		data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors begin UTF-8 with a mark
		if len(bytes.TrimSpace(data)) == 0 {
			writeProblem(w, malformed.problem("The request has no body. Send a JSON object with the service's fields."))
			return
		}
		if p := notJSON(data); p != nil {
			writeProblem(w, p)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(data))
		next(ctx)
	}
}

// declared refuses a body by its headers alone. One without a Content-Type is
// taken as JSON, but not from a browser: a page of another site could send that
// without being asked for permission.
func declared(r *http.Request, types []string) *problem {
	if r.ContentLength > maxBody {
		return tooLarge.problem("The body is larger than 64 KiB. Send less.")
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return mediaType.problem("The body is compressed. Send it as it is, without Content-Encoding.")
	}
	given := r.Header.Get("Content-Type")
	if given == "" && r.Header.Get("Origin") == "" {
		return nil
	}
	parsed, params, err := mime.ParseMediaType(given)
	charset := params["charset"]
	if err != nil || !slices.Contains(types, parsed) || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return mediaType.problem("The body must be JSON in UTF-8. Send it with the header Content-Type: " + types[0] + ".")
	}
	r.Header.Set("Content-Type", "application/json") // what huma decodes by
	return nil
}

func unreadable(err error) *problem {
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		return nil
	case large:
		return tooLarge.problem("The body is larger than 64 KiB. Send less.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return tooSlow.problem("The body did not come in time. Send it again.")
	default:
		return malformed.problem("The body broke off before its end. Send it again.")
	}
}

func notJSON(data []byte) *problem {
	if !utf8.Valid(data) {
		return malformed.problem("The body is not UTF-8. Send it in that encoding.")
	}
	var syntax json.RawMessage
	if err := json.Unmarshal(data, &syntax); err != nil {
		return malformed.problem("The body is not valid JSON: " + err.Error() + ".")
	}
	return nil
}
