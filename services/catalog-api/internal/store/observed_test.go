package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// calls are calls in words: "shop > db 12" is seen now, twelve times a minute.
func calls(t *testing.T, words ...string) (list []catalog.Call) {
	t.Helper()
	for _, word := range words {
		client, server, _ := strings.Cut(word, " > ")
		at := strings.LastIndex(server, " ")
		c := catalog.Call{Client: client, Server: server[:at], SeenAt: time.Now()}
		if _, err := fmt.Sscan(server[at:], &c.PerMinute); err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

// observed is what is stored, in the words of calls, in their order.
func observed(t *testing.T, db *store.Store) (words []string) {
	t.Helper()
	list, revision, err := db.Observed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if now, err := db.ObservedRevision(t.Context()); err != nil || now != revision {
		t.Errorf("revision %d (%v), and with the list %d", now, err, revision)
	}
	for _, o := range list {
		client, err := db.ServiceByID(t.Context(), o.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		server, err := db.ServiceByID(t.Context(), o.ServerID)
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, fmt.Sprintf("%s > %s %v", client.Name, server.Name, o.PerMinute))
	}
	slices.Sort(words)
	return words
}

func observe(t *testing.T, db *store.Store, list []catalog.Call) (unknown []string) {
	t.Helper()
	unknown, err := db.ObserveCalls(t.Context(), access.Fetcher, list)
	if err != nil {
		t.Fatal(err)
	}
	return unknown
}

func TestCallsOfNobodyChangeNothing(t *testing.T) {
	db := open(t)
	create(t, db, catalog.Change{Name: ptr("shop")})
	before, err := db.ObservedRevision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	observe(t, db, calls(t, "shop > nobody 1", "user > shop 2"))
	if after, err := db.ObservedRevision(t.Context()); err != nil || after != before {
		t.Errorf("revision %d (%v), before %d", after, err, before)
	}
}

func TestCallsAreFoundByWhatTracesCallServices(t *testing.T) {
	db := open(t)
	for _, name := range []string{"Shop", "Payments DB", "Pay v1.2", "pay-v12", "Straße", "mail"} {
		create(t, db, catalog.Change{Name: ptr(name)})
	}
	renamed := create(t, db, catalog.Change{Name: ptr("Old Search")})
	update(t, db, renamed.ID, catalog.Change{Name: ptr("Search")})

	unknown := observe(t, db, calls(t,
		"shop > payments-db 12.5", "SHOP > old search 3", "shop > STRASSE 1", "mail > pay_v12 2", "mail > pay-v12 7",
		"user > shop 1", "mail > nobody 1", "mail > mail 9", "\x00 > \xff 1", "shop > a\x00b 1", " > shop 1", "- > shop 1",
	))
	if want := []string{"", "\x00", "-", "a\x00b", "nobody", "pay_v12", "user", "\xff"}; !slices.Equal(unknown, want) {
		t.Errorf("unknown are %q, want %q", unknown, want)
	}
	want := []string{"Shop > Payments DB 12.5", "Shop > Search 3", "Shop > Straße 1", "mail > pay-v12 7"}
	if got := observed(t, db); !slices.Equal(got, want) {
		t.Errorf("stored are %q, want %q", got, want)
	}
}

func TestOfCallsWhatWasSeenLastCounts(t *testing.T) {
	db := open(t)
	create(t, db, catalog.Change{Name: ptr("shop")})
	create(t, db, catalog.Change{Name: ptr("db")})
	at := func(rate float64, ago time.Duration) catalog.Call {
		return catalog.Call{Client: "shop", Server: "db", PerMinute: rate, SeenAt: time.Now().Add(-ago)}
	}
	for _, step := range []struct {
		calls []catalog.Call
		rate  float64
		span  time.Duration // from the first to the last time
	}{
		{[]catalog.Call{at(1, catalog.CallsKept+time.Hour)}, 0, 0},
		{[]catalog.Call{at(2, 3*time.Hour), at(3, 2*time.Hour), at(4, 4*time.Hour)}, 3, 0},
		{[]catalog.Call{at(5, 5*time.Hour)}, 3, 3 * time.Hour},
		{[]catalog.Call{at(6, -time.Hour)}, 6, 5 * time.Hour}, // by a clock that is ahead: now
		{[]catalog.Call{at(7, -time.Hour)}, 7, 5 * time.Hour},
	} {
		observe(t, db, step.calls)
		list, _, err := db.Observed(t.Context())
		switch {
		case err != nil:
			t.Fatal(err)
		case step.rate == 0:
			if len(list) > 0 {
				t.Errorf("what nobody saw for a month is stored: %+v", list)
			}
		case len(list) != 1 || list[0].PerMinute != step.rate || list[0].LastSeen.Sub(list[0].FirstSeen).Round(time.Hour) != step.span || list[0].LastSeen.After(time.Now()):
			t.Errorf("after %v a minute it is %+v", step.calls[0].PerMinute, list)
		}
	}
}

func TestWhoMayTellOfCalls(t *testing.T) {
	db := open(t)
	create(t, db, catalog.Change{Name: ptr("shop"), Team: ptr("Shop")})
	create(t, db, catalog.Change{Name: ptr("db"), Team: ptr("Data")})
	ofShop := access.Actor{Kind: access.Key, ID: "k", Role: access.Editor, Teams: []string{"Shop"}}
	if _, err := db.ObserveCalls(t.Context(), ofShop, calls(t, "shop > db 1")); err != nil {
		t.Error(err)
	}
	for _, by := range []access.Actor{ofShop, {Kind: access.Key, ID: "k", Role: access.Viewer}, access.Sweeper} {
		_, err := db.ObserveCalls(t.Context(), by, calls(t, "shop > db 2", "db > shop 1"))
		if _, is := errors.AsType[*access.DeniedError](err); !is {
			t.Errorf("%s %s: %v", by.Kind, by.Role, err)
		}
	}
	if got := observed(t, db); !slices.Equal(got, []string{"shop > db 1"}) {
		t.Errorf("stored are %q", got)
	}
}

func TestCallsAreHidden(t *testing.T) {
	db := open(t)
	shop, other := create(t, db, catalog.Change{Name: ptr("shop"), Team: ptr("Shop")}), create(t, db, catalog.Change{Name: ptr("db")})
	observe(t, db, calls(t, "shop > db 1", "db > shop 2"))
	for range 2 { // the second time it is so
		if o, err := db.HideCalls(t.Context(), editor, shop.ID, other.ID, true); err != nil || !o.Hidden || o.PerMinute != 1 {
			t.Fatalf("hidden is %+v, %v", o, err)
		}
	}
	observe(t, db, calls(t, "shop > db 5"))
	if got := observed(t, db); !slices.Equal(got, []string{"db > shop 2"}) {
		t.Errorf("seen are %q", got)
	}
	wantLines(t, trail(t, db, access.Search{Thing: events.Key{Kind: store.KindCalls}}), editor.ID+" updated calls shop → db: hidden false>true")
	if o, err := db.HideCalls(t.Context(), editor, shop.ID, other.ID, false); err != nil || o.Hidden || len(observed(t, db)) != 2 {
		t.Errorf("shown again it is %+v, %v", o, err)
	}

	third := create(t, db, catalog.Change{Name: ptr("third")})
	for _, pair := range [][2]string{{shop.ID, third.ID}, {third.ID, shop.ID}, {shop.ID, "x"}, {"x", shop.ID}, {shop.ID, strings.Replace(third.ID, third.ID[:4], "0000", 1)}} {
		if _, err := db.HideCalls(t.Context(), editor, pair[0], pair[1], true); !errors.Is(err, catalog.ErrNotFound) {
			t.Errorf("%v: %v", pair, err)
		}
	}
	stranger := access.Actor{Kind: access.Key, ID: "k", Role: access.Editor, Teams: []string{"Data"}}
	_, err := db.HideCalls(t.Context(), stranger, shop.ID, other.ID, true)
	if _, is := errors.AsType[*access.DeniedError](err); !is {
		t.Errorf("an editor of another team: %v", err)
	}
}

func TestCallsAreForgotten(t *testing.T) {
	db := open(t)
	shop, data, gone := create(t, db, catalog.Change{Name: ptr("shop")}), create(t, db, catalog.Change{Name: ptr("db")}), create(t, db, catalog.Change{Name: ptr("gone")})
	observe(t, db, calls(t, "shop > db 1", "db > shop 2", "shop > gone 3", "gone > shop 4"))
	for _, pair := range [][2]string{{shop.ID, data.ID}, {shop.ID, gone.ID}} {
		if _, err := db.HideCalls(t.Context(), editor, pair[0], pair[1], true); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.DeleteService(t.Context(), editor, gone.ID, 0); err != nil {
		t.Fatal(err)
	}
	purge := func(before time.Time, left int) {
		t.Helper()
		if _, err := db.PurgeCalls(t.Context(), access.Sweeper, before); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := db.DB().GetContext(t.Context(), &n, `SELECT count(*) FROM observed_calls`); err != nil || n != left {
			t.Errorf("%d are left (%v), want %d", n, err, left)
		}
	}
	purge(time.Now().Add(-time.Hour), 4)
	purge(time.Now().Add(time.Hour), 2) // hidden, and what is gone may be restored
	if _, err := db.PurgeTrash(t.Context(), access.Sweeper, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	purge(time.Now().Add(time.Hour), 1)
}
