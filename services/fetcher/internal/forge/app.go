package forge

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// App is an installation of a GitHub App, which has a limit of its own and reads only the
// repositories that it is installed for.
type App struct {
	ID, Installation int64
	KeyFile          string // the app's private key, PEM; it is read for each token
}

const (
	appTokenSpare = 5 * time.Minute // before its end a token is no longer used
	appClockSkew  = time.Minute     // by which our clock may be ahead of GitHub's
	appProofLife  = 9 * time.Minute // GitHub allows ten
	maxAppReply   = 64 << 10
)

// AppToken returns tokens of the installation of an app at the forge, each of which GitHub
// makes for an hour.
func (c *Client) AppToken(f Forge, app App) Token {
	var (
		mu    sync.Mutex
		token string
		until time.Time
	)
	return func(ctx context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if time.Until(until) > appTokenSpare {
			return token, nil
		}
		made, err := c.newAppToken(ctx, f, app)
		if err != nil {
			return "", err
		}
		token, until = made.Token, made.ExpiresAt
		return token, nil
	}
}

type appToken struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (c *Client) newAppToken(ctx context.Context, f Forge, app App) (made appToken, err error) {
	proof, err := app.proof(time.Now())
	if err != nil {
		return made, &Error{Problem: events.ProblemDenied, Err: err}
	}
	at := f.api().JoinPath("app", "installations", strconv.FormatInt(app.Installation, 10), "access_tokens")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), nil)
	if err != nil {
		return made, err
	}
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("Authorization", "Bearer "+proof)
	res, err := c.http.Do(req)
	if err != nil {
		return made, failure(ctx, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		failed := refusal(res, budgetOf(res.Header))
		if e, is := errors.AsType[*Error](failed); is && e.Problem == events.ProblemNotFound {
			e.Problem = events.ProblemDenied // there is no such installation; nothing is said of the repository
		}
		if failed == nil {
			failed = &Error{Problem: events.ProblemBadAnswer, Err: fmt.Errorf("answered %s", res.Status)}
		}
		return made, failed
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAppReply)).Decode(&made); err != nil || made.Token == "" {
		return made, &Error{Problem: events.ProblemBadAnswer, Err: fmt.Errorf("a token of the app cannot be read: %w", err)}
	}
	return made, nil
}

// proof returns a JWT by which the app shows who it is. Its errors don't repeat the key.
func (a App) proof(now time.Time) (string, error) {
	key, err := a.key()
	if err != nil {
		return "", fmt.Errorf("the key of the GitHub App: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("the key of the GitHub App: %w", err)
	}
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: strconv.FormatInt(a.ID, 10), IssuedAt: jwt.NewNumericDate(now.Add(-appClockSkew)), Expiry: jwt.NewNumericDate(now.Add(appProofLife)),
	}).Serialize()
}

// key reads the private key, PKCS #1 as GitHub gives it, or PKCS #8.
func (a App) key() (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(a.KeyFile)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New(a.KeyFile + " is not PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if any, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if key, is := any.(*rsa.PrivateKey); is {
			return key, nil
		}
	}
	return nil, errors.New(a.KeyFile + " is not an RSA private key")
}

// Check returns an error unless the key can be read.
func (a App) Check() error {
	_, err := a.key()
	return err
}
