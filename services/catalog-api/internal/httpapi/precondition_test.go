package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestWritesHonourEveryPrecondition(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"a","status_url":"http://x.example/"}`)
	tag := made.header.Get("ETag")
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for header, tc := range map[string]struct {
		status int
		kind   string
	}{
		"If-None-Match: *":                           {412, "precondition"},
		"If-None-Match: " + tag:                      {412, "precondition"},
		"If-None-Match: W/" + tag:                    {412, "precondition"},
		`If-None-Match: "7.x", ` + tag:               {412, "precondition"},
		`If-None-Match: "7.x"`:                       {200, ""},
		"If-None-Match: x":                           {400, "malformed"},
		"If-Unmodified-Since: " + date(-1*time.Hour): {412, "changed"},
		"If-Unmodified-Since: " + date(1*time.Hour):  {200, ""},
		"If-Unmodified-Since: yesterday":             {400, "malformed"},
		`If-Match: "7.x", "9.x"`:                     {412, "changed"},
		`If-Match: "7.x", ` + tag:                    {200, ""},
		"If-Match: *":                                {200, ""},
	} {
		t.Run(header, func(t *testing.T) {
			for _, call := range [][3]string{{"PUT", path, `{}`}, {"PATCH", path, `{}`}, {"POST", path + "/check", ""}, {"DELETE", path, ""}} {
				if tc.status == 200 && call[0] == "DELETE" {
					continue
				}
				a := p.call(call[0], call[1], call[2], header)
				if tc.kind != "" {
					wantProblem(t, a, tc.status, tc.kind)
				} else if a.status != tc.status {
					t.Errorf("%s: %d %s", call[0], a.status, a.raw)
				}
			}
		})
	}
	// If-Match is exact, so a date beside it is ignored.
	if a := p.call("PUT", path, `{}`, "If-Match: "+tag, "If-Unmodified-Since: "+date(-time.Hour)); a.status != 200 {
		t.Errorf("If-Match and a date: %d %s", a.status, a.raw)
	}
	wantProblem(t, p.call("PUT", path, `{}`, "If-Match: "+tag, "If-None-Match: *"), 412, "precondition")
	gone := "/api/services/0199aaaa-0000-7000-8000-000000000000"
	wantProblem(t, p.call("PUT", gone, `{}`, "If-None-Match: *"), 404, "not-found")
}

func TestPreconditionInTwoLinesIsOneList(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"a"}`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, p.url+path, strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "If-Match": {`"7.x"`, made.header.Get("ETag")}}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestCreateRefusesPreconditions(t *testing.T) {
	p := start(t, nil)
	list := p.call("GET", "/api/services", "").header.Get("ETag")
	for _, header := range []string{
		"If-None-Match: *", "If-None-Match: " + list, `If-None-Match: "x"`, "If-Match: " + list,
		"If-Unmodified-Since: " + time.Now().UTC().Format(http.TimeFormat),
	} {
		wantProblem(t, p.call("POST", "/api/services", `{"name":"a"}`, header), 412, "precondition")
	}
	wantProblem(t, p.call("POST", "/api/services", `{"name":"a"}`, "If-Match: x"), 400, "malformed")
	if a := p.call("POST", "/api/services", `{"name":"a"}`, "If-Match: *"); a.status != http.StatusCreated {
		t.Errorf("If-Match: *: %d %s", a.status, a.raw)
	}
}
