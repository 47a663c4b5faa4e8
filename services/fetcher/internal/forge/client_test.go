package forge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/forge"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/forgetest"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// serve starts a forge of each kind, and returns it both as server and as the client's forge.
func serve(t *testing.T, kind forge.Kind) (*forgetest.Server, forge.Forge) {
	t.Helper()
	server := forgetest.New(string(kind))
	t.Cleanup(server.Close)
	f, err := forge.Parse(string(kind) + "=" + server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return server, f
}

func newClient(deny ...netip.Prefix) *forge.Client {
	return forge.NewClient(egress.New(egress.Config{Deny: deny}), "dev-portal-fetcher/test")
}

func tags(a forge.Answer) string {
	var list []string
	for _, r := range a.Releases {
		list = append(list, r.Tag)
	}
	return strings.Join(list, " ")
}

// wantProblem checks the problem of an error, and returns how long to wait.
func wantProblem(t *testing.T, what string, err error, want events.ReleaseProblem) time.Duration {
	t.Helper()
	e, is := errors.AsType[*forge.Error](err)
	if !is || e.Problem != want {
		t.Errorf("%s: got %v, want %s", what, err, want)
		return 0
	}
	return e.Wait
}

func TestReleasesOfEachForge(t *testing.T) {
	for _, kind := range forge.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			server, f := serve(t, kind)
			server.Publish("example/billing",
				forgetest.Release{Tag: "v1", Name: "v1", Published: noon.Add(-time.Hour)},
				forgetest.Release{Tag: "v2", Name: "Second\x1b\n", Body: "a\r\nb\x00", Author: "ada", Published: noon},
			)
			got, _, err := newClient().Releases(t.Context(), f, "example/billing", "")
			want := events.Release{
				Tag: "v2", Title: "Second", URL: server.URL + "/releases/v2", Author: "ada", PublishedAt: noon, Notes: "a\nb",
			}
			if err != nil || len(got.Releases) != 2 || got.Releases[0] != want || got.Releases[1].Title != "" || !got.Complete {
				t.Fatalf("got %+v, %v, want %+v", got, err, want)
			}
			again, _, err := newClient().Releases(t.Context(), f, "example/billing", got.Validator)
			if err != nil || again.Unchanged != (kind != forge.Gitea) {
				t.Errorf("again: %+v, %v", again, err)
			}
			server.Publish("example/billing", forgetest.Release{Tag: "v3", Published: noon.Add(time.Hour)})
			if next, _, err := newClient().Releases(t.Context(), f, "example/billing", got.Validator); err != nil || tags(next) != "v3 v2 v1" {
				t.Errorf("with a new one: %+v, %v", next, err)
			}
			_, _, err = newClient().Releases(t.Context(), f, "example/other", "")
			wantProblem(t, "of another repository", err, events.ProblemNotFound)
		})
	}
}

func TestWhatIsNotPublishedIsLeftOut(t *testing.T) {
	server, f := serve(t, forge.GitHub)
	server.Publish("a/b",
		forgetest.Release{Tag: "v1", Published: noon}, forgetest.Release{Tag: "v2-rc1", Published: noon.Add(time.Minute), Prerelease: true},
		forgetest.Release{Tag: "draft", Published: noon.Add(time.Hour), Draft: true}, forgetest.Release{Tag: "odd\n", Published: noon},
		forgetest.Release{Published: noon},
	)
	got, _, err := newClient().Releases(t.Context(), f, "a/b", "")
	if err != nil || tags(got) != "v2-rc1 v1" || !got.Releases[0].Prerelease || got.Releases[1].Prerelease {
		t.Errorf("got %+v, %v", got, err)
	}
	lab, f := serve(t, forge.GitLab)
	lab.Publish("group/sub/name", forgetest.Release{Tag: "next", Published: noon.AddDate(9, 0, 0), Upcoming: true}, forgetest.Release{Tag: "v1", Published: noon})
	if got, _, err := newClient().Releases(t.Context(), f, "group/sub/name", ""); err != nil || tags(got) != "v1" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Drafts may fill the first page, and a repository may have more releases than anybody shows.
func TestPages(t *testing.T) {
	server, f := serve(t, forge.GitHub)
	for i := range 35 {
		server.Publish("a/drafts", forgetest.Release{Tag: fmt.Sprint("d", i), Published: noon.Add(time.Duration(i) * time.Hour), Draft: i > 5})
		server.Publish("a/many", forgetest.Release{Tag: fmt.Sprint("m", i), Published: noon.Add(time.Duration(i) * time.Hour)})
	}
	got, _, err := newClient().Releases(t.Context(), f, "a/drafts", "")
	if err != nil || tags(got) != "d5 d4 d3 d2 d1 d0" || !got.Complete {
		t.Errorf("behind drafts: %s, complete %t, %v", tags(got), got.Complete, err)
	}
	if n := len(server.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	got, _, err = newClient().Releases(t.Context(), f, "a/many", "")
	if err != nil || tags(got) != "m34 m33 m32 m31 m30 m29 m28 m27 m26 m25" || got.Complete {
		t.Errorf("of many: %s, complete %t, %v", tags(got), got.Complete, err)
	}
}

// Long notes are cut, and all together fit into one message, however JSON writes them.
func TestLongNotesAreCut(t *testing.T) {
	server, f := serve(t, forge.GitHub)
	for i, letter := range []string{"a", "<", "é", "\u2028"} {
		for j := range 10 {
			server.Publish(fmt.Sprint("a/b", i), forgetest.Release{Tag: fmt.Sprint(j), Published: noon.Add(time.Duration(j)), Body: strings.Repeat(letter, 20<<10)})
		}
		got, _, err := newClient().Releases(t.Context(), f, fmt.Sprint("a/b", i), "")
		if err != nil || len(got.Releases) != 10 {
			t.Fatal(len(got.Releases), err)
		}
		found := events.ReleasesFound{
			ServiceID: "019a0000-0000-7000-8000-000000000001", GitHubURL: "https://github.com/a/b", CheckedAt: noon, Releases: got.Releases,
		}
		msg, err := events.Encode("/test", found)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := events.Decode(msg.Header, msg.Data); err != nil || !got.Releases[9].NotesCut || len(got.Releases[9].Notes) < 1000 {
			t.Errorf("%q: %v, %d bytes are left, cut: %t", letter, err, len(got.Releases[9].Notes), got.Releases[9].NotesCut)
		}
	}
}

func TestMovedRepository(t *testing.T) {
	for _, kind := range forge.Kinds {
		server, f := serve(t, kind)
		server.Publish("old/name", forgetest.Release{Tag: "v1", Published: noon})
		server.Move("old/name", "new/name")
		if got, _, err := newClient().Releases(t.Context(), f, "old/name", ""); err != nil || tags(got) != "v1" {
			t.Errorf("%s: got %+v, %v", kind, got, err)
		}
		server.Move("new/name", "old/name") // which leads back
		_, _, err := newClient().Releases(t.Context(), f, "new/name", "")
		wantProblem(t, "in a circle", err, events.ProblemUnreachable)
	}
}

// A token goes to its forge, wherever that sends us.
func TestTokenStaysWithItsForge(t *testing.T) {
	elsewhere, _ := serve(t, forge.GitHub)
	elsewhere.Publish("a/b", forgetest.Release{Tag: "v1", Published: noon})
	server, f := serve(t, forge.GitHub)
	server.Token = "s3cret"
	f.Token = func(context.Context) (string, error) { return "s3cret", nil }
	server.Publish("a/b", forgetest.Release{Tag: "v1", Published: noon})
	server.Move("a/b", "c/d")
	if got, _, err := newClient().Releases(t.Context(), f, "a/b", ""); err != nil || tags(got) != "v1" {
		t.Errorf("within the forge: %+v, %v", got, err)
	}
	server.Move("c/d", elsewhere.URL+"/api/v3/repos/a/b/releases")
	if got, _, err := newClient().Releases(t.Context(), f, "c/d", ""); err != nil || tags(got) != "v1" {
		t.Errorf("elsewhere: %+v, %v", got, err)
	}
	for _, r := range server.Requests() {
		if r.Authorization != "Bearer s3cret" {
			t.Errorf("to the forge: %+v", r)
		}
	}
	asked := elsewhere.Requests()
	if len(asked) != 1 || asked[0].Authorization != "" {
		t.Errorf("elsewhere: %+v", asked)
	}
}

func TestRedirectsStayEncryptedAndAllowed(t *testing.T) {
	plain, _ := serve(t, forge.GitHub)
	plain.Publish("a/b", forgetest.Release{Tag: "v1", Published: noon})
	server, f := serve(t, forge.GitHub)
	metadata := "http://169.254.169.254/api/v3/repos/a/b/releases"
	server.Move("a/b", metadata)
	_, _, err := newClient().Releases(t.Context(), f, "a/b", "")
	wantProblem(t, "to the cloud's metadata", err, events.ProblemUnreachable)
	if !errors.Is(err, egress.ErrDenied) {
		t.Errorf("got %v", err)
	}
	_, _, err = newClient(netip.MustParsePrefix("127.0.0.0/8")).Releases(t.Context(), f, "a/b", "")
	if !errors.Is(err, egress.ErrDenied) {
		t.Errorf("to a denied address: %v", err)
	}
}

func TestLimits(t *testing.T) {
	for _, kind := range []forge.Kind{forge.GitHub, forge.GitLab} {
		server, f := serve(t, kind)
		server.Publish("a/b", forgetest.Release{Tag: "v1", Published: noon})
		server.Renew(2, 20*time.Minute)
		got, budget, err := newClient().Releases(t.Context(), f, "a/b", "")
		if err != nil || budget.Remaining != 1 || budget.Wait < 19*time.Minute || budget.Wait > 21*time.Minute {
			t.Errorf("%s: budget %+v, %v", kind, budget, err)
		}
		if _, budget, err := newClient().Releases(t.Context(), f, "a/b", got.Validator); err != nil || budget.Remaining < 0 {
			t.Errorf("%s: a conditional request: %+v, %v", kind, budget, err)
		}
		for range 2 {
			_, budget, err = newClient().Releases(t.Context(), f, "a/b", "")
		}
		if wait := wantProblem(t, "beyond the limit", err, events.ProblemRateLimited); wait < 19*time.Minute || wait > 21*time.Minute || budget.Remaining != 0 {
			t.Errorf("%s: wait %s, budget %+v", kind, wait, budget)
		}
	}
}

func TestProblems(t *testing.T) {
	server, f := serve(t, forge.GitHub)
	answer := func(status int, body string, headers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for _, h := range headers {
				name, value, _ := strings.Cut(h, ": ")
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    events.ReleaseProblem
		wait    time.Duration
	}{
		"a wrong token":                {answer(401, ""), events.ProblemDenied, 0},
		"no right":                     {answer(403, ""), events.ProblemDenied, 0},
		"a limit of its own":           {answer(403, "", "Retry-After: 30"), events.ProblemRateLimited, 30 * time.Second},
		"too many at once":             {answer(429, "", "Retry-After: 999999"), events.ProblemRateLimited, time.Hour},
		"too many, for long":           {answer(429, ""), events.ProblemRateLimited, 5 * time.Minute},
		"blocked by law":               {answer(451, ""), events.ProblemNotFound, 0},
		"an error of the forge":        {answer(502, "<html>"), events.ProblemUnreachable, 0},
		"a page for people":            {answer(200, "<html>"), events.ProblemBadAnswer, 0},
		"an object in place of a list": {answer(200, "{}"), events.ProblemBadAnswer, 0},
		"a time that is none":          {answer(200, `[{"tag_name":"v1","published_at":"soon"}]`), events.ProblemBadAnswer, 0},
		"an answer without end":        {answer(200, strings.Repeat(" ", 9<<20)), events.ProblemBadAnswer, 0},
		"not modified, unasked":        {answer(304, ""), events.ProblemBadAnswer, 0},
		"an answer that breaks off":    {answer(200, "[", "Content-Length: 10"), events.ProblemUnreachable, 0},
		"a header without end":         {answer(200, "[]", "X-A: "+strings.Repeat("a", 100<<10)), events.ProblemUnreachable, 0},
	} {
		server.Answer("a/b", tc.handler)
		_, _, err := newClient().Releases(t.Context(), f, "a/b", "")
		if wait := wantProblem(t, name, err, tc.want); wait != tc.wait {
			t.Errorf("%s: wait %s, want %s", name, wait, tc.wait)
		}
	}
	closed := httptest.NewServer(nil)
	away := f
	away.Web, _ = url.Parse(closed.URL)
	closed.Close()
	_, _, err := newClient().Releases(t.Context(), away, "a/b", "")
	wantProblem(t, "nobody listens", err, events.ProblemUnreachable)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := newClient().Releases(ctx, f, "a/b", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("at the end: %v", err)
	}
}

func TestTokenFromAFile(t *testing.T) {
	server, f := serve(t, forge.Gitea)
	server.Token = "s3cret"
	server.Publish("a/b", forgetest.Release{Tag: "v1", Published: noon})
	path := filepath.Join(t.TempDir(), "token")
	f.Token = forge.FileToken(path)
	try := func() error {
		_, _, err := newClient().Releases(t.Context(), f, "a/b", "")
		return err
	}
	wantProblem(t, "no file", try(), events.ProblemDenied)
	for text, want := range map[string]events.ReleaseProblem{"": events.ProblemDenied, "two words\n": events.ProblemDenied, "other\n": events.ProblemDenied} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := try()
		wantProblem(t, fmt.Sprintf("%q", text), err, want)
		if err != nil && strings.Contains(err.Error(), "two words") {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
	if err := os.WriteFile(path, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := try(); err != nil {
		t.Error(err)
	}
	_, _, err := newClient().Releases(t.Context(), forge.Forge{Kind: f.Kind, Web: f.Web}, "a/b", "")
	wantProblem(t, "without a token", err, events.ProblemNotFound)
}

func TestParse(t *testing.T) {
	for setting, host := range map[string]string{
		"gitea=git.example.com":        "git.example.com",
		"gitlab=https://Git.Example/":  "git.example",
		"github=http://10.0.0.1:3000":  "10.0.0.1:3000",
		"gitea=http://[::1]:3000":      "[::1]:3000",
		"gitea=https://[fd00::1]:443/": "[fd00::1]",
		"gitea=":                       "", "git.example.com": "", "cvs=cvs.example.com": "", "gitea=ftp://x": "", "gitea=a/b": "", "gitea=https://u:p@x": "",
	} {
		f, err := forge.Parse(setting)
		if (err == nil) != (host != "") || err == nil && f.Host() != host {
			t.Errorf("%s: got %+v, %v", setting, f, err)
		}
	}
}

func TestRepository(t *testing.T) {
	for link, want := range map[string]string{
		"https://github.com/a/b": "a/b", "https://www.GitHub.com/a/b.git": "a/b", "http://github.com:80/a/b/": "a/b", "https://github.com/a/b/tree/main/x?y#z": "a/b",
		"https://gitlab.com/a/b/c": "a/b/c", "https://gitlab.com/a/b/-/tree/main": "a/b", "https://codeberg.org/a/b/src/branch/main": "a/b",
		"https://github.com/a": "", "https://github.com/": "", "https://github.com/a/..": "", "https://github.com/a/b%2Fc": "a/b", "https://github.com/a/b%00": "", "https://github.com/-/b": "",
	} {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(forge.Known, func(f forge.Forge) bool { return f.Host() == forge.Host(u) })
		if at < 0 {
			t.Errorf("%s is of no forge", link)
			continue
		}
		if got, ok := forge.Known[at].Repository(u); got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %t, want %q", link, got, ok, want)
		}
	}
}
