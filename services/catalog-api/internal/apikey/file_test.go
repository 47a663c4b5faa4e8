package apikey_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
)

// synced notes the lists that a file gives.
type synced struct{ lists []string }

func (s *synced) SyncKeys(_ context.Context, by access.Actor, keys []apikey.Key) error {
	if err := by.May(access.ManageKeys); err != nil {
		return err
	}
	var names []string
	for _, k := range keys {
		names = append(names, fmt.Sprint(k.Name, " ", k.Role, " ", k.Teams))
	}
	s.lists = append(s.lists, strings.Join(names, ", "))
	return nil
}

func entry(name, more string) string {
	return fmt.Sprintf(`{"name":%q,"role":"viewer","key":%q%s}`, name, apikey.NewSecret().Reveal(), more)
}

func TestFilesOfKeys(t *testing.T) {
	twice := entry("a", "")
	for name, tc := range map[string]struct {
		content string
		keys    int
		wrong   string
	}{
		"none":                 {`{"keys":[]}`, 0, ""},
		"two":                  {`{"keys":[` + entry("a", "") + `,` + entry("b", `,"teams":["Core"],"expires_at":"2030-01-01T00:00:00Z"`) + `]}`, 2, ""},
		"one that has expired": {`{"keys":[` + entry("a", `,"expires_at":"2020-01-01T00:00:00Z"`) + `]}`, 1, ""},
		"not JSON":             {`keys: []`, 0, "not JSON"},
		"an unknown field":     {`{"keys":[` + entry("a", `,"team":"Core"`) + `]}`, 0, "it must be"},
		"a list":               {`[]`, 0, "wrong type"},
		"no name":              {`{"keys":[` + entry("", "") + `]}`, 0, "key 1: not valid: name"},
		"a role that is none":  {`{"keys":[{"name":"a","role":"root","key":"x"}]}`, 0, "role must be"},
		"a key of one's own":   {`{"keys":[{"name":"a","role":"admin","key":"correct horse battery staple"}]}`, 0, "keys generate"},
		"a name twice":         {`{"keys":[` + entry("a", "") + `,` + entry("A", "") + `]}`, 0, "key 2: the name is there twice"},
		"a key twice":          {`{"keys":[` + twice + `,` + strings.Replace(twice, `"a"`, `"b"`, 1) + `]}`, 0, "key 2: the key is there twice"},
	} {
		path := filepath.Join(t.TempDir(), "keys.json")
		if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
			t.Fatal(err)
		}
		keys, err := (&apikey.File{Path: path}).Read()
		switch {
		case tc.wrong == "" && (err != nil || len(keys) != tc.keys):
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		case tc.wrong != "" && (err == nil || !strings.Contains(err.Error(), tc.wrong) || !strings.Contains(err.Error(), path)):
			t.Errorf("%s: got %v, want %q", name, err, tc.wrong)
		case err != nil && (strings.Contains(err.Error(), "dvp_0") || strings.Contains(err.Error(), "horse")):
			t.Errorf("%s: the error has a key: %v", name, err)
		}
	}
	if _, err := (&apikey.File{Path: filepath.Join(t.TempDir(), "none")}).Read(); err == nil {
		t.Error("a file that is not there is read")
	}
	if keys, err := (&apikey.File{}).Read(); err != nil || len(keys) != 0 {
		t.Errorf("without a file: %v, %v", keys, err)
	}
}

func TestFileIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, store := filepath.Join(t.TempDir(), "keys.json"), &synced{}
		write := func(content string) {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			time.Sleep(6 * time.Second)
		}
		write(`{"keys":[` + entry("a", "") + `]}`)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- (&apikey.File{Path: path, Store: store, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}).Run(ctx)
		}()
		time.Sleep(time.Minute)
		write(`{"keys":[`) // half of it
		write(`{"keys":[` + entry("a", "") + `,` + entry("b", `,"teams":["Core"]`) + `]}`)
		write(`{"keys":[]}`)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got, want := strings.Join(store.lists, "\n"), "a viewer []\na viewer [], b viewer [Core]\n"; got != want {
			t.Errorf("the store was given:\n%s\nwant:\n%s", got, want)
		}
	})
}
