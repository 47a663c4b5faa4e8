package servicegraph_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/servicegraph"
)

// secret is the token, which no error may have.
const secret = "hunter2"

func newClient(url string, deny ...netip.Prefix) *servicegraph.Client {
	return servicegraph.NewClient(egress.New(egress.Config{Deny: deny}), "dev-portal-fetcher/test", servicegraph.Server{
		URL: url, Tenant: "shop", Token: func() (string, error) { return secret, nil },
	})
}

// serve starts a server, and returns its URL.
func serve(t *testing.T, handler http.HandlerFunc) (url string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// vector is an answer with samples of "client server value".
func vector(samples ...string) string {
	var b strings.Builder
	for i, s := range samples {
		if i > 0 {
			b.WriteByte(',')
		}
		parts := strings.Fields(s)
		fmt.Fprintf(&b, `{"metric":{"client":%q,"server":%q},"value":[1773480660.123,%q]}`, parts[0], parts[1], parts[2])
	}
	return `{"status":"success","data":{"resultType":"vector","result":[` + b.String() + `]}}`
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// words returns what was found as "client server calls" a line.
func words(found servicegraph.Found) string {
	list := make([]string, len(found.Calls))
	for i, c := range found.Calls {
		list[i] = fmt.Sprint(c.Client, " ", c.Server, " ", c.CallsPerMinute)
	}
	return strings.Join(list, ", ")
}

func TestCallsAreRead(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/prometheus/api/v1/query" || r.Header.Get("User-Agent") != "dev-portal-fetcher/test" ||
			r.Header.Get("Authorization") != "Bearer "+secret || r.Header.Get("X-Scope-OrgID") != "shop" {
			t.Errorf("asked for %s %s with %v", r.Method, r.URL.Path, r.Header)
		}
		want := `topk(10000, sum by (client, server) (rate(traces_service_graph_request_total{client!="",server!=""}[420s])) * 60 > 0)`
		if got := r.FormValue("query"); got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
		fmt.Fprint(w, vector("user shop 0.5", "shop payments 412.6"))
	})
	found, err := newClient(url+"/prometheus/").Read(t.Context(), 7*time.Minute)
	if err != nil || words(found) != "shop payments 412.6, user shop 0.5" || found.Left != 0 || found.Unfit != 0 {
		t.Errorf("got %+v, %v", found, err)
	}
}

// What is odd in an answer is left out, and the rest is read.
func TestOddSamples(t *testing.T) {
	long := strings.Repeat("a", 201)
	for name, tc := range map[string]struct {
		answer string
		want   string
		unfit  int
	}{
		"none":                          {vector(), "", 0},
		"null":                          {`{"status":"success","data":{"resultType":"vector","result":null}}`, "", 0},
		"a call of itself":              {vector("shop shop 1", "shop payments 1"), "shop payments 1", 0},
		"no client":                     {`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"server":"shop"},"value":[1,"1"]}]}}`, "", 0},
		"a pair twice":                  {vector("shop payments 1", "shop payments 2"), "shop payments 2", 0},
		"the other direction":           {vector("shop payments 1", "payments shop 2"), "payments shop 2, shop payments 1", 0},
		"what is no number of calls":    {vector("shop payments NaN", "a b +Inf", "c d -Inf", "e f -1", "g h 1e999", "i j 1e300", "k l 1"), "k l 1", 6},
		"names that nobody has":         {vector(long+" shop 1", "shop "+long+" 1", "user shop 1"), "user shop 1", 2},
		"a name with a line feed":       {`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"client":"a\nb","server":"shop"},"value":[1,"1"]}]}}`, "", 1},
		"a name that is not UTF-8":      {strings.Replace(vector("sh$p payments 1"), "$", "\xff", 1), "sh\ufffdp payments 1", 0},
		"a warning, and what is new":    {strings.Replace(vector("shop payments 1"), `{"status"`, `{"warnings":["part is missing"],"infos":[1],"status"`, 1), "shop payments 1", 0},
		"a histogram beside the number": {strings.Replace(vector("shop payments 1"), `"value"`, `"histogram":[1,{}],"value"`, 1), "shop payments 1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			answer := strings.ReplaceAll(tc.answer, "a\nb", `a\nb`)
			found, err := newClient(serve(t, says(answer))).Read(t.Context(), time.Minute)
			if err != nil || words(found) != tc.want || found.Unfit != tc.unfit || found.Left != 0 {
				t.Errorf("got %s (%d unfit, %d left), %v, want %s (%d unfit)", words(found), found.Unfit, found.Left, err, tc.want, tc.unfit)
			}
		})
	}
}

// Of more pairs than are read the busiest are, and how many there are is asked for.
func TestMorePairsThanAreRead(t *testing.T) {
	pairs := make([]string, 0, servicegraph.MaxPairs+1)
	for i := range servicegraph.MaxPairs + 1 {
		pairs = append(pairs, fmt.Sprintf("c%d s %d", i, i+1))
	}
	for name, tc := range map[string]struct {
		pairs []string
		count string
		left  int
	}{
		"as many as are read":         {pairs[1:], `{"metric":{},"value":[1,"10000"]}`, 0},
		"some more":                   {pairs[1:], `{"metric":{},"value":[1,"10417"]}`, 417},
		"more than there are":         {pairs[1:], `{"metric":{},"value":[1,"+Inf"]}`, 1e9 - servicegraph.MaxPairs},
		"nobody knows how many":       {pairs[1:], ``, 0},
		"more than were asked for":    {pairs, ``, 1},
		"no number of how many pairs": {pairs[1:], `{"metric":{},"value":[1,"NaN"]}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := newClient(serve(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.FormValue("query"), "count(sum by") {
					fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[`+tc.count+`]}}`)
					return
				}
				fmt.Fprint(w, vector(tc.pairs...))
			})).Read(t.Context(), time.Minute)
			if err != nil || len(found.Calls) != servicegraph.MaxPairs || found.Left != tc.left {
				t.Fatalf("got %d pairs, %d left, %v, want %d left", len(found.Calls), found.Left, err, tc.left)
			}
			if busiest := found.Calls[0].Client; busiest != fmt.Sprintf("c%d", servicegraph.MaxPairs) && busiest != fmt.Sprintf("c%d", len(tc.pairs)-1) {
				t.Errorf("the first is %s, not the busiest", busiest)
			}
		})
	}
}

func TestProblemsOfServers(t *testing.T) {
	answer := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			fmt.Fprint(w, secret)
		}
	}
	var packed bytes.Buffer
	pack := gzip.NewWriter(&packed)
	if _, err := pack.Write(make([]byte, 5<<20)); err != nil || pack.Close() != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    servicegraph.Problem
		wait    time.Duration
	}{
		"a token is wanted":            {answer(401), servicegraph.Denied, 0},
		"another token is wanted":      {answer(403), servicegraph.Denied, 0},
		"nothing at this path":         {answer(404), servicegraph.NotFound, 0},
		"a query that is wrong":        {answer(400), servicegraph.Rejected, 0},
		"a query that is too much":     {answer(422), servicegraph.Rejected, 0},
		"too many requests":            {answer(429), servicegraph.RateLimited, 5 * time.Minute},
		"too many, for a while":        {answer(429, "Retry-After", "90"), servicegraph.RateLimited, 90 * time.Second},
		"too many, for a year":         {answer(429, "Retry-After", "31536000"), servicegraph.RateLimited, time.Hour},
		"out of service for a while":   {answer(503, "Retry-After", "1"), servicegraph.RateLimited, time.Second},
		"out of service":               {answer(503), servicegraph.Unreachable, 0},
		"broken":                       {answer(500), servicegraph.Unreachable, 0},
		"a teapot":                     {answer(418), servicegraph.BadAnswer, 0},
		"nothing there":                {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, servicegraph.BadAnswer, 0},
		"nothing at all":               {says(""), servicegraph.BadAnswer, 0},
		"a page to sign in":            {says("<html>" + secret), servicegraph.BadAnswer, 0},
		"other JSON":                   {says(`[1, 2]`), servicegraph.BadAnswer, 0},
		"JSON of another API":          {says(`{"status":"success","data":"` + secret + `"}`), servicegraph.BadAnswer, 0},
		"a matrix":                     {says(`{"status":"success","data":{"resultType":"matrix","result":[]}}`), servicegraph.BadAnswer, 0},
		"a vector of nothing":          {says(`{"status":"success","data":{"resultType":"vector"}}`), servicegraph.BadAnswer, 0},
		"samples without a value":      {says(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}`), servicegraph.BadAnswer, 0},
		"a value that is no text":      {says(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}}`), servicegraph.BadAnswer, 0},
		"a value that is no number":    {says(vector("shop payments " + secret)), servicegraph.BadAnswer, 0},
		"a name that is a list":        {says(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"client":[]},"value":[1,"1"]}]}}`), servicegraph.BadAnswer, 0},
		"brackets without end":         {says(strings.Repeat("[", 1<<20)), servicegraph.BadAnswer, 0},
		"an error with a good code":    {says(`{"status":"error","errorType":"timeout","error":"` + secret + `"}`), servicegraph.Rejected, 0},
		"a redirect to another server": {answer(302, "Location", "http://127.0.0.1:1/"), servicegraph.BadAnswer, 0},
		"a redirect to another port": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://localhost:1", http.StatusTemporaryRedirect)
		}, servicegraph.BadAnswer, 0},
		"a redirect to a file":       {answer(302, "Location", "file:///etc/passwd"), servicegraph.BadAnswer, 0},
		"a redirect without a place": {answer(302), servicegraph.BadAnswer, 0},
		"redirects in a circle":      {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, servicegraph.BadAnswer, 0},
		"an end in the middle": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			fmt.Fprint(w, `{"status"`)
		}, servicegraph.Unreachable, 0},
		"more than is read": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 4<<20+1)) }, servicegraph.TooLarge, 0},
		"little that unpacks to much": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		}, servicegraph.TooLarge, 0},
		"a connection that ends": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, servicegraph.Unreachable, 0},
		"headers without end":    {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("a", 1<<20)) }, servicegraph.Unreachable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newClient(serve(t, tc.handler)).Read(t.Context(), time.Minute)
			wantProblem(t, err, tc.want, tc.wait)
		})
	}
}

// wantProblem checks an error, which may not have the token, nor what a server says.
func wantProblem(t *testing.T, err error, want servicegraph.Problem, wait time.Duration) {
	t.Helper()
	if failed, is := errors.AsType[*servicegraph.Error](err); !is || failed.Problem != want || failed.Wait != wait {
		t.Errorf("got %v, want %s and a wait of %s", err, want, wait)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("the error says too much: %v", err)
	}
}

// A server may move what is asked for to another path.
func TestRedirectWithinTheServer(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/query" {
			http.Redirect(w, r, "/prometheus/api/v1/query?"+r.URL.RawQuery, http.StatusFound)
			return
		}
		if r.Header.Get("Authorization") == "" || r.Header.Get("X-Scope-OrgID") == "" {
			t.Errorf("asked with %v", r.Header)
		}
		fmt.Fprint(w, vector("shop payments 1"))
	})
	found, err := newClient(url).Read(t.Context(), time.Minute)
	if err != nil || words(found) != "shop payments 1" {
		t.Errorf("got %+v, %v", found, err)
	}
}

func TestServersThatAreNotAsked(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was asked") })
	_, err := newClient(url, netip.MustParsePrefix("127.0.0.0/8")).Read(t.Context(), time.Minute)
	wantProblem(t, err, servicegraph.Blocked, 0)
	_, err = newClient("http://127.0.0.1:1").Read(t.Context(), time.Minute)
	wantProblem(t, err, servicegraph.Unreachable, 0)
	_, err = newClient("http://nowhere.invalid").Read(t.Context(), time.Minute)
	wantProblem(t, err, servicegraph.Unreachable, 0)
	client := servicegraph.NewClient(egress.New(egress.Config{}), "", servicegraph.Server{
		URL: url, Token: func() (string, error) { return "", errors.New("no such file") },
	})
	_, err = client.Read(t.Context(), time.Minute)
	wantProblem(t, err, servicegraph.NoToken, 0)
}

// The end of ctx ends the waiting for a slow server at once; otherwise it ends after 30 s.
func TestSlowServer(t *testing.T) {
	for name, begin := range map[string]string{"before its answer": "", "in its answer": `{"status":`} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan struct{})
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if begin != "" {
					fmt.Fprint(w, begin)
					if err := http.NewResponseController(w).Flush(); err != nil {
						t.Error(err)
					}
				}
				close(asked)
				<-r.Context().Done()
			})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				cancel()
			}()
			if _, err := newClient(url).Read(ctx, time.Minute); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
		})
	}
}
