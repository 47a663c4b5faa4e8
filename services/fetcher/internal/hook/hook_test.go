package hook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/fetcher/internal/hook"
)

const (
	secret = "s3cret"
	page   = "https://forge.example/a/b"
)

func signature(body, key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestWebhooks(t *testing.T) {
	github, gitlab := `{"action":"published","repository":{"html_url":"`+page+`"}}`, `{"kind":"release","project":{"web_url":"`+page+`"}}`
	for name, tc := range map[string]struct {
		method, path, body string
		header, value      string
		want               int
	}{
		"GitHub's":              {"POST", hook.Path, github, "X-Hub-Signature-256", "sha256=" + signature(github, secret), 202},
		"Gitea's":               {"POST", hook.Path, github, "X-Gitea-Signature", signature(github, secret), 202},
		"Forgejo's":             {"POST", hook.Path, github, "X-Forgejo-Signature", signature(github, secret), 202},
		"GitLab's":              {"POST", hook.Path, gitlab, "X-Gitlab-Token", secret, 202},
		"unsigned":              {"POST", hook.Path, github, "X-Other", "", 401},
		"signed by another":     {"POST", hook.Path, github, "X-Hub-Signature-256", "sha256=" + signature(github, "guess"), 401},
		"of another body":       {"POST", hook.Path, github, "X-Hub-Signature-256", "sha256=" + signature(gitlab, secret), 401},
		"signed in odd letters": {"POST", hook.Path, github, "X-Gitea-Signature", "zz", 401},
		"with another token":    {"POST", hook.Path, gitlab, "X-Gitlab-Token", secret + "x", 401},
		"of no repository":      {"POST", hook.Path, `{"zen":"x"}`, "X-Gitlab-Token", secret, 422},
		"of no sense":           {"POST", hook.Path, `{`, "X-Gitlab-Token", secret, 422},
		"too large":             {"POST", hook.Path, strings.Repeat(" ", 2<<20), "X-Gitlab-Token", secret, 413},
		"read":                  {"GET", hook.Path, "", "X-Gitlab-Token", secret, 405},
		"elsewhere":             {"POST", "/hooks", "", "X-Gitlab-Token", secret, 404},
		"before all is known":   {"POST", hook.Path, gitlab, "X-Gitlab-Token", secret, 503},
	} {
		var hinted []string
		var starting error
		if name == "before all is known" {
			starting = errors.New("it starts")
		}
		handler := hook.Handler(func() (string, error) { return secret, nil }, func(link string) (bool, error) {
			hinted = append(hinted, link)
			return true, starting
		}, slog.New(slog.DiscardHandler))
		req := httptest.NewRequestWithContext(t.Context(), tc.method, tc.path, strings.NewReader(tc.body))
		req.Header.Set(tc.header, tc.value)
		res := httptest.NewRecorder()
		handler.ServeHTTP(res, req)
		if res.Code != tc.want || (tc.want == 202 || tc.want == 503) != (len(hinted) == 1 && hinted[0] == page) {
			t.Errorf("%s: got %d %s, hinted at %v, want %d", name, res.Code, res.Body, hinted, tc.want)
		}
	}
}

func TestWebhooksNeedTheSecret(t *testing.T) {
	handler := hook.Handler(func() (string, error) { return "", errors.New("no file") }, func(string) (bool, error) { t.Error("hinted"); return true, nil }, slog.New(slog.DiscardHandler))
	req := httptest.NewRequestWithContext(t.Context(), "POST", hook.Path, strings.NewReader("{}"))
	req.Header.Set("X-Hub-Signature-256", signature("{}", ""))
	res := httptest.NewRecorder()
	handler.ServeHTTP(res, req)
	if res.Code != http.StatusServiceUnavailable {
		t.Errorf("got %d", res.Code)
	}
}
