package standalone_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A release goes the whole way: from the forge, by the fetcher, NATS and catalog-api, to those
// who read the API and follow the events.
func TestReleasesOfTheForgeAreShown(t *testing.T) {
	release := func(tag string, at time.Time) map[string]any {
		return map[string]any{"tag_name": tag, "published_at": at, "body": "* faster", "html_url": "https://git.example/" + tag, "author": map[string]any{"login": "ada"}}
	}
	var mu sync.Mutex
	releases := []map[string]any{release("v1", time.Now().Add(-50*time.Hour))}
	forge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/repos/example/billing/releases" || r.Header.Get("Authorization") != "Bearer t0ken" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		_ = json.NewEncoder(w).Encode(releases) // the client may be gone
	}))
	t.Cleanup(forge.Close)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("t0ken"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config(t)
	cfg.Forges, cfg.ReleasesEvery = "gitea="+forge.URL, time.Hour
	cfg.ForgeTokens = strings.TrimPrefix(forge.URL, "http://") + "=" + token
	portal := start(t, cfg)
	made := call(t, "POST", portal.at.API+"/services", `{"name":"billing","github_url":"`+forge.URL+`/example/billing"}`, http.StatusCreated)
	path := portal.at.API + "/services/" + made["id"].(string)
	shown := func() string {
		list := call(t, "GET", path+"/releases", "", http.StatusOK)
		text := fmt.Sprint(list["problem"])
		for _, item := range list["items"].([]any) {
			text += " " + item.(map[string]any)["tag"].(string)
		}
		return text
	}
	until := func(want string) {
		t.Helper()
		deadline := time.Now().Add(30 * time.Second)
		for shown() != want {
			if time.Now().After(deadline) {
				t.Fatalf("shown are %s, want %s", shown(), want)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	until("<nil> v1")
	if text := get(t, portal.at.Metrics); !strings.Contains(text, "portal_fetcher_requests_total") {
		t.Error("the metrics lack those of the fetcher")
	}

	// A restart goes on; a new release is told of when the repository is read again.
	portal.stop()
	mu.Lock()
	releases = append(releases, release("v2", time.Now()))
	mu.Unlock()
	portal = start(t, cfg)
	path = portal.at.API + "/services/" + made["id"].(string)
	call(t, "PATCH", path, `{"github_url":"`+forge.URL+`/example/billing.git"}`, http.StatusOK) // another link is read at once
	until("<nil> v2 v1")
	moments := call(t, "GET", path+"/timeline?kind=release", "", http.StatusOK)["items"].([]any)
	if len(moments) != 2 || moments[0].(map[string]any)["release"].(map[string]any)["author"] != "ada" {
		t.Errorf("the timeline has %v", moments)
	}
	call(t, "PATCH", path, `{"github_url":"`+forge.URL+`/example/other"}`, http.StatusOK)
	until("not_found")
}
