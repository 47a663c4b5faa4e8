package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

var admin = access.Actor{Kind: access.Person, ID: "p1", Name: "Ada", Role: access.Admin}

func makeKey(t *testing.T, db *store.Store, d apikey.Draft) (apikey.Key, apikey.Secret) {
	t.Helper()
	secret := apikey.NewSecret()
	key, err := db.CreateKey(t.Context(), admin, d, secret)
	if err != nil {
		t.Fatal(err)
	}
	return key, secret
}

// keysOf returns the keys that are stored, as lines.
func keysOf(t *testing.T, db *store.Store) (lines []string) {
	t.Helper()
	keys, err := db.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		lines = append(lines, fmt.Sprintf("%s %s %v file:%t", k.Name, k.Role, k.Teams, k.FromFile))
	}
	return lines
}

func TestKeyIsStoredByItsHash(t *testing.T) {
	db := open(t)
	ends := time.Now().Add(time.Hour)
	made, secret := makeKey(t, db, apikey.Draft{Name: " grafana ", Role: access.Editor, Teams: []string{"Web", "Core"}, ExpiresAt: ends})
	keys, err := db.Keys(t.Context())
	if err != nil || len(keys) != 1 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	if k := keys[0]; !k.Equal(made.Draft) || k.ID != made.ID || k.Hash != secret.Hash() || k.Name != "grafana" || !slices.Equal(k.Teams, []string{"Core", "Web"}) ||
		!k.LastUsedAt.IsZero() || k.FromFile || time.Since(k.CreatedAt) > time.Minute || k.ExpiresAt.Sub(ends).Abs() > time.Millisecond {
		t.Errorf("got %+v", k)
	}
	var dump []string
	if err := db.DB().SelectContext(t.Context(), &dump, `SELECT row_to_json(k)::text FROM api_keys k UNION ALL SELECT row_to_json(a)::text FROM audit a`); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(dump, "\n"); len(dump) != 2 || strings.Contains(all, secret.Reveal()[4:]) {
		t.Errorf("the database has the key itself:\n%s", all)
	}
	wantLines(t, trail(t, db, access.Search{}),
		fmt.Sprintf("p1 created key grafana: name <nil>>grafana, role <nil>>editor, teams <nil>>[Core Web], expires_at <nil>>%s", made.ExpiresAt.Format(time.RFC3339Nano)))
}

func TestKeysAreMadeAndRevoked(t *testing.T) {
	db := open(t)
	first, _ := makeKey(t, db, apikey.Draft{Name: "b", Role: access.Viewer})
	makeKey(t, db, apikey.Draft{Name: "a", Role: access.Admin})
	_, err := db.CreateKey(t.Context(), admin, apikey.Draft{Name: "B", Role: access.Viewer}, apikey.NewSecret())
	if !errors.Is(err, catalog.ErrNameTaken) {
		t.Errorf("a name twice: %v", err)
	}
	wantLines(t, keysOf(t, db), "a admin [] file:false", "b viewer [] file:false")
	if err := db.RevokeKey(t.Context(), admin, first.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{first.ID, "x", ""} {
		if err := db.RevokeKey(t.Context(), admin, id); !errors.Is(err, catalog.ErrNotFound) {
			t.Errorf("revoking %q: %v", id, err)
		}
	}
	wantLines(t, keysOf(t, db), "a admin [] file:false")
	wantLines(t, trail(t, db, access.Search{Deed: access.Deleted}), "p1 deleted key b: name b><nil>, role viewer><nil>")
	if sent := takeOutbox(t, db); len(sent) > 0 {
		t.Errorf("events of keys: %v", sent)
	}
}

func TestOnlyAdminsManageKeys(t *testing.T) {
	db := open(t)
	key, _ := makeKey(t, db, apikey.Draft{Name: "a", Role: access.Viewer})
	for name, by := range map[string]access.Actor{
		"nobody": access.Nobody(access.None), "a viewer": access.Nobody(access.Viewer), "an editor": editor, "the prober": access.Prober, "the doorkeeper": access.Doorkeeper,
	} {
		_, made := db.CreateKey(t.Context(), by, apikey.Draft{Name: "mine", Role: access.Admin}, apikey.NewSecret())
		for _, err := range []error{made, db.RevokeKey(t.Context(), by, key.ID), db.SyncKeys(t.Context(), by, nil)} {
			if _, denied := errors.AsType[*access.DeniedError](err); !denied {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := db.NoteKeyUse(t.Context(), admin, map[string]time.Time{key.ID: time.Now()}); err == nil {
		t.Error("an admin notes the use of a key")
	}
	wantLines(t, keysOf(t, db), "a viewer [] file:false")
}

func TestKeysAreLimited(t *testing.T) {
	db := open(t)
	const fill = `INSERT INTO api_keys (id, name, name_key, hash, role, teams, from_file, created_at)
		SELECT gen_random_uuid(), n, n, sha256(n::text::bytea), 'viewer', '{}', false, now() FROM generate_series(1, $1) n`
	exec(t, db.DB(), fill, apikey.MaxKeys-2)
	var all sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		all.Go(func() {
			_, errs[i] = db.CreateKey(t.Context(), admin, apikey.Draft{Name: fmt.Sprint("k", i), Role: access.Viewer}, apikey.NewSecret())
		})
	}
	all.Wait()
	refused := 0
	for _, err := range errs {
		if errors.Is(err, apikey.ErrTooMany) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != 4 {
		t.Errorf("%d of 6 are refused, with room for 2", refused)
	}
}

func TestUseOfKeysIsNoted(t *testing.T) {
	db := open(t)
	key, _ := makeKey(t, db, apikey.Draft{Name: "a", Role: access.Viewer})
	other, _ := makeKey(t, db, apikey.Draft{Name: "b", Role: access.Viewer})
	at := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	for _, used := range []map[string]time.Time{{key.ID: at}, {key.ID: at.Add(-time.Hour), "019a0000-0000-7000-8000-000000000001": at}, {}} {
		if err := db.NoteKeyUse(t.Context(), access.Doorkeeper, used); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := db.Keys(t.Context())
	if err != nil || !keys[0].LastUsedAt.Equal(at) || !keys[1].LastUsedAt.IsZero() || keys[1].ID != other.ID {
		t.Errorf("got %+v, %v", keys, err)
	}
}

func TestFileOfKeysIsSynced(t *testing.T) {
	db := open(t)
	fromFile := func(name string, role access.Role, teams ...string) apikey.Key {
		return apikey.Key{Draft: apikey.Draft{Name: name, Role: role, Teams: teams}.Normal(), Hash: apikey.NewSecret().Hash()}
	}
	sync := func(keys ...apikey.Key) {
		t.Helper()
		if err := db.SyncKeys(t.Context(), access.KeyFile, keys); err != nil {
			t.Fatal(err)
		}
	}
	mine, _ := makeKey(t, db, apikey.Draft{Name: "mine", Role: access.Viewer})
	makeKey(t, db, apikey.Draft{Name: "CI", Role: access.Viewer})
	ci, root := fromFile("ci", access.Editor, "Core"), fromFile("root", access.Admin)
	sync(ci, root)
	wantLines(t, keysOf(t, db), "ci editor [Core] file:true", "mine viewer [] file:false", "root admin [] file:true")
	before, _ := db.Keys(t.Context())
	sync(ci, root)
	if after, _ := db.Keys(t.Context()); after[0].ID != before[0].ID || after[2].ID != before[2].ID {
		t.Error("the same file makes other keys")
	}
	if err := db.RevokeKey(t.Context(), admin, before[2].ID); !errors.Is(err, apikey.ErrFromFile) {
		t.Errorf("revoking one of the file: %v", err)
	}
	ci.Teams = []string{"Core", "Web"}
	sync(ci)
	wantLines(t, keysOf(t, db), "ci editor [Core Web] file:true", "mine viewer [] file:false")
	sync()
	if left, _ := db.Keys(t.Context()); len(left) != 1 || left[0].ID != mine.ID {
		t.Errorf("left are %+v", left)
	}
	var deeds []string
	for _, line := range trail(t, db, access.Search{Actor: access.KeyFile.ID}) {
		deed, _, _ := strings.Cut(line, ":")
		deeds = append(deeds, deed)
	}
	wantLines(t, deeds, "key-file deleted key ci", "key-file created key ci", "key-file deleted key root", "key-file deleted key ci",
		"key-file created key root", "key-file created key ci", "key-file deleted key CI")
}
