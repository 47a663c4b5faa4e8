// Package forgetest has a server on the loopback interface that answers as the APIs of GitHub,
// GitLab, and Gitea do: with ETags, pages, limits, drafts, and redirects where a repository was
// moved.
package forgetest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Release is a release in a repository of the server.
type Release struct {
	Tag, Name, Body, Author string
	Published               time.Time
	Draft, Prerelease       bool
	Upcoming                bool // at GitLab: it is to come
}

// Request is one that the server got.
type Request struct {
	Path, Authorization, IfNoneMatch string
	Status                           int // of the answer
}

// Server is a forge. Its fields may be changed while no request runs, and its methods at any time.
type Server struct {
	Kind  string // "github", "gitlab", "gitea"
	Token string // without which nothing is seen; "": everybody sees all
	Limit int    // requests that it takes until Reset; 0: any number

	*httptest.Server

	mu       sync.Mutex
	repos    map[string][]Release
	moved    map[string]string
	override map[string]http.HandlerFunc
	requests []Request
	taken    int
	reset    time.Time
}

// New starts a server of a kind. Close it.
func New(kind string) *Server {
	s := &Server{
		Kind: kind, repos: map[string][]Release{}, moved: map[string]string{}, override: map[string]http.HandlerFunc{}, reset: time.Now().Add(time.Hour),
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// Publish adds a release to a repository, which is made if it is not there.
func (s *Server) Publish(repo string, releases ...Release) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repos[repo] = append(s.repos[repo], releases...)
}

// Withdraw removes a release.
func (s *Server) Withdraw(repo, tag string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repos[repo] = slices.DeleteFunc(s.repos[repo], func(r Release) bool { return r.Tag == tag })
}

// Move moves a repository; the old path leads to the new one, which may be a URL elsewhere.
func (s *Server) Move(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved[from] = to
	s.repos[to] = s.repos[from]
	delete(s.repos, from)
}

// Answer has the server answer requests for a repository in another way; nil: as usual.
func (s *Server) Answer(repo string, handler http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.override[repo] = handler
}

// Renew begins the limit anew, which ends after a time.
func (s *Server) Renew(limit int, in time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Limit, s.taken, s.reset = limit, 0, time.Now().Add(in)
}

// Requests returns the requests since the last call.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.requests
	s.requests = nil
	return list
}

// recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := &recorder{w, http.StatusOK}
	s.answer(rec, r)
	s.requests = append(s.requests, Request{r.URL.EscapedPath(), r.Header.Get("Authorization"), r.Header.Get("If-None-Match"), rec.status})
}

// repo returns the repository that a request is for.
func (s *Server) repo(r *http.Request) (path string, ok bool) {
	before := map[string]string{"github": "/api/v3/repos/", "gitea": "/api/v1/repos/", "gitlab": "/api/v4/projects/"}[s.Kind]
	path, begins := strings.CutPrefix(r.URL.EscapedPath(), before)
	path, ends := strings.CutSuffix(path, "/releases")
	if s.Kind == "gitlab" {
		if strings.Contains(path, "/") { // GitLab wants it as one part
			return "", false
		}
		path, _ = url.PathUnescape(path)
	}
	return path, begins && ends
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	repo, ok := s.repo(r)
	switch {
	case !ok:
		http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
		return
	case s.override[repo] != nil:
		s.override[repo](w, r)
		return
	case s.Token != "" && r.Header.Get("Authorization") == "":
		http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound) // as a private repository
		return
	case s.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.Token:
		http.Error(w, `{"message":"Bad credentials"}`, http.StatusUnauthorized)
		return
	case !s.allow(w):
		http.Error(w, `{"message":"API rate limit exceeded"}`, http.StatusForbidden)
		return
	case s.moved[repo] != "":
		s.redirect(w, r, s.moved[repo])
		return
	case s.repos[repo] == nil:
		http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
		return
	}
	s.list(w, r, s.repos[repo])
}

// allow counts the request, and says how many are left.
func (s *Server) allow(w http.ResponseWriter) bool {
	if s.Limit == 0 {
		return true
	}
	prefix := "X-RateLimit-"
	if s.Kind == "gitlab" {
		prefix = "RateLimit-"
	}
	allowed := s.taken < s.Limit
	if allowed {
		s.taken++
	}
	w.Header().Set(prefix+"Limit", strconv.Itoa(s.Limit))
	w.Header().Set(prefix+"Remaining", strconv.Itoa(s.Limit-s.taken))
	w.Header().Set(prefix+"Reset", strconv.FormatInt(s.reset.Unix(), 10))
	return allowed
}

func (s *Server) redirect(w http.ResponseWriter, r *http.Request, to string) {
	if !strings.Contains(to, "://") {
		if s.Kind == "gitlab" {
			to = url.PathEscape(to)
		}
		before, _, _ := strings.Cut(r.URL.EscapedPath()[len("/api/vN/"):], "/")
		to = s.URL + r.URL.EscapedPath()[:len("/api/vN/")] + before + "/" + to + "/releases?" + r.URL.RawQuery
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusMovedPermanently)
}

// list answers with a page of releases, the newest first.
func (s *Server) list(w http.ResponseWriter, r *http.Request, all []Release) {
	query := r.URL.Query()
	size, _ := strconv.Atoi(query.Get("per_page") + query.Get("limit"))
	number, _ := strconv.Atoi(query.Get("page"))
	if size < 1 {
		size = 30
	}
	number = max(number, 1)
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Release) int { return b.Published.Compare(a.Published) })
	begin := min((number-1)*size, len(all))
	end := min(begin+size, len(all))
	if end < len(all) {
		next := *r.URL
		query.Set("page", strconv.Itoa(number+1))
		next.RawQuery = query.Encode()
		w.Header().Set("Link", fmt.Sprintf(`<%s%s>; rel="next", <%s/last>; rel="last"`, s.URL, next.RequestURI(), s.URL))
	}
	list := []map[string]any{}
	for _, one := range all[begin:end] {
		list = append(list, s.encode(one))
	}
	body, err := json.Marshal(list)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if s.Kind != "gitea" { // which has no ETags
		tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(body))
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			if s.taken > 0 {
				s.taken-- // it does not count
			}
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	_, _ = w.Write(body) // the client may be gone
}

func (s *Server) encode(r Release) map[string]any {
	page := s.URL + "/releases/" + url.PathEscape(r.Tag)
	if s.Kind == "gitlab" {
		return map[string]any{
			"tag_name": r.Tag, "name": r.Name, "description": r.Body, "released_at": r.Published, "created_at": r.Published, "upcoming_release": r.Upcoming,
			"author": map[string]any{"username": r.Author, "name": "Somebody", "avatar_url": "https://secure.gravatar.com/x"},
			"_links": map[string]any{"self": page},
		}
	}
	one := map[string]any{
		"id": 1, "tag_name": r.Tag, "name": r.Name, "body": r.Body, "draft": r.Draft, "prerelease": r.Prerelease, "html_url": page,
		"created_at": r.Published, "published_at": r.Published, "author": map[string]any{"login": r.Author, "id": 7}, "assets": []any{},
	}
	if r.Draft {
		one["published_at"] = nil
	}
	return one
}
