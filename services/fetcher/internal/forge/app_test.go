package forge_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/forge"
)

// apps is the part of GitHub that gives an app its tokens.
type apps struct {
	key    *rsa.PrivateKey
	status int           // of the answers; 0: as it is right
	life   time.Duration // of the tokens
	made   int
	tokens []string // that the rest was asked with
}

func (a *apps) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !strings.HasPrefix(r.URL.Path, "/api/v3/app/") {
		a.tokens = append(a.tokens, given)
		_, _ = w.Write([]byte("[]"))
		return
	}
	var claims jwt.Claims
	token, err := jwt.ParseSigned(given, []jose.SignatureAlgorithm{jose.RS256})
	if err == nil {
		err = token.Claims(&a.key.PublicKey, &claims)
	}
	if err == nil {
		err = claims.ValidateWithLeeway(jwt.Expected{Issuer: "7", Time: time.Now()}, 0)
	}
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/api/v3/app/installations/42/access_tokens" ||
		claims.Expiry.Time().Sub(claims.IssuedAt.Time()) > 10*time.Minute {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if a.status != 0 {
		w.WriteHeader(a.status)
		return
	}
	a.made++
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{"token": "installed", "expires_at": time.Now().Add(a.life)}) // the client may be gone
}

func TestAppToken(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key")
	for _, block := range []*pem.Block{{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}, {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		gh := &apps{key: key, life: time.Hour}
		server := httptest.NewServer(gh)
		t.Cleanup(server.Close)
		f, err := forge.Parse("github=" + server.URL)
		if err != nil {
			t.Fatal(err)
		}
		client := newClient()
		ask := func() error {
			_, _, err := client.Releases(t.Context(), f, "a/b", "")
			return err
		}
		f.Token = client.AppToken(f, forge.App{ID: 7, Installation: 42, KeyFile: path})
		for range 3 {
			if err := ask(); err != nil {
				t.Fatal(err)
			}
		}
		if gh.made != 1 || strings.Join(gh.tokens, " ") != "installed installed installed" {
			t.Errorf("%d tokens were made, and used %v", gh.made, gh.tokens)
		}
		gh.life = 4 * time.Minute // soon over: another is made each time
		f.Token = client.AppToken(f, forge.App{ID: 7, Installation: 42, KeyFile: path})
		for range 2 {
			if err := ask(); err != nil {
				t.Fatal(err)
			}
		}
		if gh.made != 3 {
			t.Errorf("%d tokens were made", gh.made)
		}
		for status, want := range map[int]events.ReleaseProblem{404: events.ProblemDenied, 403: events.ProblemDenied, 500: events.ProblemUnreachable, 200: events.ProblemBadAnswer} {
			gh.status = status
			wantProblem(t, http.StatusText(status), ask(), want)
		}
		f.Token = client.AppToken(f, forge.App{ID: 8, Installation: 42, KeyFile: path})
		wantProblem(t, "another app", ask(), events.ProblemDenied)
		f.Token = client.AppToken(f, forge.App{ID: 7, Installation: 42, KeyFile: path + "-not"})
		wantProblem(t, "no key", ask(), events.ProblemDenied)
	}
}
