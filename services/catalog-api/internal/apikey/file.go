package apikey

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

const (
	fileEvery   = 5 * time.Second // how often the file is looked at
	fileTimeout = 10 * time.Second
	maxFile     = 1 << 20 // bytes
)

// File is a file of keys, such as a mounted Secret: {"keys": [{"name": …, "role": …,
// "teams": […], "expires_at": …, "key": "dvp_…"}]}. The portal has its keys, and no longer
// those that left it.
type File struct {
	Path  string // empty: no file, and no keys from one
	Store interface {
		// SyncKeys makes the keys from the file those of the list.
		SyncKeys(ctx context.Context, by access.Actor, keys []Key) error
	}
	Log *slog.Logger

	synced [sha256.Size]byte // of the content that is in the store
	once   bool              // something is
}

// fileKey is a key in the file.
type fileKey struct {
	Name      string     `json:"name"`
	Role      string     `json:"role"`
	Teams     []string   `json:"teams"`
	ExpiresAt *time.Time `json:"expires_at"`
	Key       string     `json:"key"`
}

// Read returns the keys of the file, whose errors name what to correct, and no key.
func (f *File) Read() ([]Key, error) {
	content, err := f.content()
	if err != nil {
		return nil, err
	}
	return f.parse(content)
}

func (f *File) content() ([]byte, error) {
	if f.Path == "" {
		return []byte(`{"keys":[]}`), nil
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, fmt.Errorf("the file of keys: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return nil, fmt.Errorf("the file of keys: %w", err)
	}
	return content, nil
}

func (f *File) parse(content []byte) ([]Key, error) {
	var file struct {
		Keys []fileKey `json:"keys"`
	}
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("the file of keys %s: %w", f.Path, withoutValue(err))
	}
	keys, names, hashes := make([]Key, len(file.Keys)), map[string]bool{}, map[Hash]bool{}
	for i, k := range file.Keys {
		key, err := k.key()
		name := catalog.NameKey(key.Name)
		switch {
		case err != nil:
		case names[name]:
			err = errors.New("the name is there twice")
		case hashes[key.Hash]:
			err = errors.New("the key is there twice")
		}
		if err != nil {
			return nil, fmt.Errorf("the file of keys %s: key %d: %w", f.Path, i+1, err)
		}
		keys[i], names[name], hashes[key.Hash] = key, true, true
	}
	if len(keys) > MaxKeys {
		return nil, fmt.Errorf("the file of keys %s: %w: at most %d are allowed", f.Path, ErrTooMany, MaxKeys)
	}
	return keys, nil
}

// withoutValue returns an error of encoding/json that does not repeat what the file has.
func withoutValue(err error) error {
	if syntax, is := errors.AsType[*json.SyntaxError](err); is {
		return fmt.Errorf("it is not JSON at byte %d", syntax.Offset)
	}
	if typ, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return fmt.Errorf("%s has the wrong type", typ.Field)
	}
	return errors.New(`it must be {"keys": [{"name": …, "role": …, "teams": […], "expires_at": …, "key": …}]}`)
}

func (k fileKey) key() (Key, error) {
	role, err := access.ParseRole(k.Role)
	if err != nil {
		return Key{}, errors.New("role must be viewer, editor or admin")
	}
	draft := Draft{Name: k.Name, Role: role, Teams: k.Teams}
	if k.ExpiresAt != nil {
		draft.ExpiresAt = *k.ExpiresAt
	}
	draft = draft.Normal()
	expired := draft
	expired.ExpiresAt = time.Time{} // one that has expired may stay in the file
	if err := expired.Validate(time.Now()); err != nil {
		return Key{}, err
	}
	secret, err := ParseSecret(k.Key)
	if err != nil {
		return Key{}, fmt.Errorf("key: %w (dev-portal keys generate makes one)", err)
	}
	return Key{Draft: draft, Hash: secret.Hash(), FromFile: true}, nil
}

// Run brings the store in line with the file, at the start and whenever it changes, until
// ctx ends. A file that cannot be used changes nothing.
func (f *File) Run(ctx context.Context) error {
	tick := time.NewTicker(fileEvery)
	defer tick.Stop()
	for said := ""; ; {
		err := f.sync(ctx)
		switch {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said:
			f.Log.ErrorContext(ctx, "the keys stay as they were; retrying", "error", err)
			said = err.Error()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sync stores the keys of the file unless this replica has stored the same before: during a
// change of the file, one that still has the old one must not bring it back.
func (f *File) sync(ctx context.Context) error {
	content, err := f.content()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	if f.once && sum == f.synced {
		return nil
	}
	keys, err := f.parse(content)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	if err := f.Store.SyncKeys(ctx, access.KeyFile, keys); err != nil {
		return fmt.Errorf("take over the file of keys: %w", err)
	}
	f.synced, f.once = sum, true
	return nil
}
