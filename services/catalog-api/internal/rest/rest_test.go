package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// shelf is a resource as reads show it.
type shelf struct {
	ID    string   `json:"id"`
	Label *string  `json:"label"`
	Books []string `json:"books"`
}

// shelfWrite is the body of its writes.
type shelfWrite struct {
	Label rest.Field[string]   `json:"label,omitempty" maxLength:"10" enum:"a,b"`
	Books rest.Field[[]string] `json:"books,omitempty"`
}

type writeInput struct {
	rest.Preconditions
	Body rest.Body[shelfWrite, shelf]
}

type pageInput struct{ rest.Paging }

type output struct{ Body map[string]any }

// library returns an API of shelves, and its log.
func library(t *testing.T) (call func(method, path, body string, headers ...string) *httptest.ResponseRecorder, log *bytes.Buffer) {
	t.Helper()
	log = &bytes.Buffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	a := rest.New(rest.Config{Title: "Library", Version: "1", Log: logger, Metrics: prometheus.NewRegistry(), Hosts: rest.Hosts{"example.com"}})
	a.Tag("shelves", "Where books are.")
	inner := slog.New(rest.LogHandler(logger.Handler())) // of a package that handlers call
	rest.Register(a, rest.Operation{OperationID: "put", Method: http.MethodPut, Path: "/api/shelves", Summary: "Change it"},
		func(ctx context.Context, in *writeInput) (*output, error) {
			inner.InfoContext(ctx, "changing")
			body, err := in.Body.Read(func(w shelfWrite) []rest.FieldError {
				return []rest.FieldError{{Field: "books", Message: "It is always wrong."}}
			})
			if err != nil {
				return nil, err
			}
			show := func(name string, absent bool, value any) string {
				if absent {
					return name + " absent"
				}
				return fmt.Sprintf("%s %q", name, value)
			}
			label, books := "", []string{}
			if body.Label.To != nil {
				label = *body.Label.To
			}
			if body.Books.To != nil {
				books = *body.Books.To
			}
			return &output{map[string]any{"got": show("label", body.Label.To == nil, label) + ", " + show("books", body.Books.To == nil, books)}}, nil
		}, rest.Takes[rest.Body[shelfWrite, shelf]](map[string]any{"label": "a"}, rest.JSON), rest.Example(map[string]any{}))
	rest.Register(a, rest.Get("page", "/api/shelves", "Read them", ""), func(_ context.Context, in *pageInput) (*output, error) {
		page, err := in.Page()
		if err != nil {
			return nil, err
		}
		return &output{map[string]any{"after": page.After, "limit": page.Limit}}, nil
	}, rest.Example(map[string]any{}))
	rest.Register(a, rest.Get("fail", "/api/failing", "Fail", ""), func(context.Context, *struct{}) (*output, error) {
		return nil, errors.New("the cause is for the log")
	}, rest.Example(map[string]any{}))
	a.Stream(rest.Get("flow", "/api/flow", "Follow it", ""), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, bounded := r.Context().Deadline(); bounded {
			t.Error("a stream has an end")
		}
		_, _ = io.WriteString(w, "flows")
	}))
	return func(method, path, body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w
	}, log
}

func TestFieldIsAbsentNullOrValue(t *testing.T) {
	call, _ := library(t)
	for body, want := range map[string]string{
		`{}`:                              `label absent, books absent`,
		`{"label":null,"books":null}`:     `label "", books []`,
		`{"label":"x","books":["y","z"]}`: `label "x", books ["y" "z"]`,
		`{"id":"what was read"}`:          `label absent, books absent`,
	} {
		var got struct{ Got string }
		answer := call("PUT", "/api/shelves", body)
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || got.Got != want {
			t.Errorf("%s: got %s, want %s", body, answer.Body, want)
		}
	}
}

func TestAllInvalidFieldsAreReported(t *testing.T) {
	call, _ := library(t)
	for body, want := range map[string]string{
		`{"label":1}`:               "label, books",
		`{"books":[1]}`:             "books",
		`{"lable":"x","label":"x"}`: "lable, books",
		`{"label":"x","label":"y"}`: "label, books",
	} {
		var problem rest.Problem
		if err := json.Unmarshal(call("PUT", "/api/shelves", body).Body.Bytes(), &problem); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range problem.Errors {
			got = append(got, e.Field)
		}
		if problem.Status != http.StatusUnprocessableEntity || strings.Join(got, ", ") != want {
			t.Errorf("%s: got %d for %v, want %s", body, problem.Status, got, want)
		}
	}
}

func TestPageParameters(t *testing.T) {
	call, _ := library(t)
	for query, want := range map[string]string{
		"":                                   `{"after":"","limit":0}`,
		"?limit=7&after=" + rest.Next("é 1"): `{"after":"é 1","limit":7}`,
		"?limit=0":                           "422 limit",
		"?limit=1001":                        "422 limit",
		"?limit=ten":                         "422 limit",
		"?after=%25":                         "422 after",
		"?before=x":                          "422 before",
	} {
		answer := call("GET", "/api/shelves"+query, "")
		got := strings.TrimSpace(answer.Body.String())
		var problem rest.Problem
		if answer.Code != http.StatusOK && json.Unmarshal(answer.Body.Bytes(), &problem) == nil && len(problem.Errors) == 1 {
			got = fmt.Sprint(answer.Code, " ", problem.Errors[0].Field)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

func TestEveryRouteIsGuarded(t *testing.T) {
	call, log := library(t)
	for route, status := range map[string]int{
		"/api/shelves": 200, "/api/flow": 200, "/api/failing": 500, "/api/nowhere": 404, "/elsewhere": 404, "/api/flow?x=1": 422,
	} {
		log.Reset()
		answer := call("GET", route, "", "X-Request-Id: proxy-1")
		h := answer.Header()
		if answer.Code != status || h.Get("X-Request-Id") != "proxy-1" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got %d with %v", route, answer.Code, h)
		}
		if status >= 400 && !strings.Contains(answer.Body.String(), `"request_id":"proxy-1"`) {
			t.Errorf("%s: the problem is %s", route, answer.Body)
		}
		for line := range strings.Lines(log.String()) {
			if !strings.Contains(line, "request_id=proxy-1") {
				t.Errorf("%s: logged was %s", route, line)
			}
		}
	}
}

func TestRequestID(t *testing.T) {
	call, log := library(t)
	ids := map[string]bool{}
	for _, given := range []string{"", "two words", strings.Repeat("x", 65), "\x1b[31m", "id\" level=ERROR"} {
		log.Reset()
		id := call("PUT", "/api/shelves", `{}`, "X-Request-Id: "+given).Header().Get("X-Request-Id")
		if len(id) < 20 || len(id) > 64 || ids[id] || id == given {
			t.Errorf("%q: the id is %q", given, id)
		}
		ids[id] = true
		if n := strings.Count(log.String(), " request_id="+id); n != 2 { // in the handler's record and in the request's
			t.Errorf("%q: the id is %d times in\n%s", given, n, log)
		}
	}
}
