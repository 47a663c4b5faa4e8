package signin

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// sessionField is the one field of a session in the library's terms.
const sessionField = "session"

// codec encodes sessions as JSON, so that the database can tell whose they are. It implements
// scs.Codec.
type codec struct{}

type encoded struct {
	Deadline time.Time `json:"deadline"`
	Session  Session   `json:"session"`
}

// Encode implements scs.Codec.
func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	session, _ := values[sessionField].(Session)
	return json.Marshal(encoded{deadline, session})
}

// Decode implements scs.Codec.
func (codec) Decode(data []byte) (time.Time, map[string]any, error) {
	var e encoded
	if err := json.Unmarshal(data, &e); err != nil {
		return time.Time{}, nil, fmt.Errorf("read a session: %w", err)
	}
	return e.Deadline, map[string]any{sessionField: e.Session}, nil
}

// What the methods of kept find in their context.
type (
	beginner struct{} // the actor who signs in
	expiry   struct{} // a *time.Time to set to when a session expires
)

// kept is a source as the library's store. It implements scs.CtxStore.
type kept struct{ Source }

func hashOf(token string) Hash { return sha256.Sum256([]byte(token)) }

// FindCtx implements scs.CtxStore.
func (k kept) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, expiresAt, err := k.Session(ctx, hashOf(token))
	if to, there := ctx.Value(expiry{}).(*time.Time); there {
		*to = expiresAt
	}
	return data, data != nil, err
}

// CommitCtx implements scs.CtxStore. Only sessions that begin are committed by the library.
func (k kept) CommitCtx(ctx context.Context, token string, data []byte, expiresAt time.Time) error {
	by, _ := ctx.Value(beginner{}).(access.Actor)
	return k.BeginSession(ctx, by, Row{Token: hashOf(token), Data: data, ExpiresAt: expiresAt})
}

// DeleteCtx implements scs.CtxStore. The library deletes only the session without a token,
// before it makes one.
func (k kept) DeleteCtx(context.Context, string) error { return nil }

// Find implements scs.Store.
func (k kept) Find(token string) ([]byte, bool, error) {
	return k.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (k kept) Commit(token string, data []byte, expiresAt time.Time) error {
	return k.CommitCtx(context.Background(), token, data, expiresAt)
}

// Delete implements scs.Store.
func (k kept) Delete(token string) error { return k.DeleteCtx(context.Background(), token) }

// seal encrypts a grant with the token of its session, which only the browser has: who reads
// the database, or a copy of it, cannot use what the provider gave.
func seal(token string, grant Grant) ([]byte, error) {
	plain, err := json.Marshal(grant)
	if err != nil {
		return nil, err
	}
	aead, err := sealOf(token)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return aead.Seal(nonce, nonce, plain, nil), nil
}

// open decrypts what seal returned.
func open(token string, sealed []byte) (grant Grant, err error) {
	aead, err := sealOf(token)
	if err != nil {
		return grant, err
	}
	if len(sealed) < aead.NonceSize() {
		return grant, fmt.Errorf("the grant of a session has %d bytes", len(sealed))
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], nil)
	if err != nil {
		return grant, fmt.Errorf("open the grant of a session: %w", err)
	}
	return grant, json.Unmarshal(plain, &grant)
}

func sealOf(token string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(token), nil, "dev-portal: the grant of a session", sha256.Size)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
