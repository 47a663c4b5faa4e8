// Package hook takes webhooks of forges. They only say where to look: what is there is asked
// of the forge itself, so that who knows the secret can make us ask, and nothing more.
package hook

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// Path is where webhooks are taken.
const Path = "/hooks/releases"

// maxBody is how much of a webhook is taken, in bytes; GitHub's notes have 125,000 letters.
const maxBody = 1 << 20

// Handler returns the handler of webhooks. secret gives the secret that forges sign with; it is
// asked for each webhook, so that it can be exchanged. hint is called with the link to a
// repository that somebody says has news, and reports whether anybody wants to know; its error
// has the forge told to try again.
func Handler(secret func() (string, error), hint func(link string) (wanted bool, err error), log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, func(w http.ResponseWriter, r *http.Request) {
		key, err := secret()
		if err != nil {
			log.ErrorContext(r.Context(), "webhook not taken: its secret cannot be read", "error", err)
			http.Error(w, "not set up", http.StatusServiceUnavailable)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if tooLarge, is := errors.AsType[*http.MaxBytesError](err); is {
			http.Error(w, "too large: "+tooLarge.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(w, "not whole", http.StatusBadRequest)
			return
		}
		if !signed(r.Header, body, key) {
			log.WarnContext(r.Context(), "webhook not taken: it is not signed with the secret", "remote", r.RemoteAddr)
			http.Error(w, "not signed with the secret", http.StatusUnauthorized)
			return
		}
		link, err := repository(body)
		if err != nil {
			http.Error(w, "it names no repository", http.StatusUnprocessableEntity)
			return
		}
		wanted, err := hint(link)
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		log.InfoContext(r.Context(), "webhook taken", "repository", link, "wanted", wanted)
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

// signed reports whether a forge has signed the body with the key: GitHub, Gitea and Forgejo by
// an HMAC, GitLab by sending the key itself.
func signed(header http.Header, body []byte, key string) bool {
	if token := header.Get("X-Gitlab-Token"); token != "" {
		given, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(key)) // of one length
		return subtle.ConstantTimeCompare(given[:], want[:]) == 1
	}
	signature := cmp.Or(header.Get("X-Hub-Signature-256"), header.Get("X-Forgejo-Signature"), header.Get("X-Gitea-Signature"))
	given, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
	if err != nil || len(given) == 0 {
		return false
	}
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write(body) // never fails
	return hmac.Equal(given, mac.Sum(nil))
}

// repository returns the link to the repository that a webhook is about.
func repository(body []byte) (string, error) {
	var about struct {
		Repository struct {
			Page string `json:"html_url"` // GitHub, Gitea, Forgejo
		} `json:"repository"`
		Project struct {
			Page string `json:"web_url"` // GitLab
		} `json:"project"`
	}
	if err := json.Unmarshal(body, &about); err != nil {
		return "", err
	}
	link := cmp.Or(about.Repository.Page, about.Project.Page)
	if link == "" || len(link) > 2048 {
		return "", errors.New("no link")
	}
	return link, nil
}
