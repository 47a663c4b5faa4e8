package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// A restored service is a new one to those who follow the events, above its own deletion.
func TestRestoredServiceIsPublished(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), StatusURL: ptr("https://billing.example/"), Tags: &[]string{"go"}})
	if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
		t.Fatal(err)
	}
	deleted := takeOutbox(t, db)[1].(events.ServiceDeleted)
	back, err := db.RestoreService(t.Context(), editor, svc.ID)
	if err != nil {
		t.Fatal(err)
	}
	sent := takeOutbox(t, db)
	created, is := sent[0].(events.ServiceCreated)
	if len(sent) != 1 || !is || created.Version <= deleted.Version || created.Version != back.Version || created.ID != svc.ID || created.Actor.ID != "k1" {
		t.Errorf("after version %d of the deletion are sent %+v", deleted.Version, sent)
	}
	if got, err := db.ServiceByID(t.Context(), svc.ID); err != nil || fmt.Sprint(got) != fmt.Sprint(back) {
		t.Errorf("stored is %+v, %v, want %+v", got, err, back)
	}
	if line := trail(t, db, access.Search{Limit: 1})[0]; line != "k1 restored service billing: name <nil>>billing, status_url <nil>>https://billing.example/, tags <nil>>[go], interval <nil>>1m" {
		t.Errorf("the trail has %s", line)
	}
}

func TestTrashIsEmptied(t *testing.T) {
	db := open(t)
	remove := func(name string) string {
		svc := create(t, db, catalog.Change{Name: ptr(name)})
		if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
			t.Fatal(err)
		}
		return svc.ID
	}
	old := remove("old")
	since := time.Now()
	young := remove("young")
	if _, err := db.PurgeTrash(t.Context(), access.Nobody(access.Admin), since); err == nil {
		t.Error("an admin empties the trash")
	}
	if n, err := db.PurgeTrash(t.Context(), access.Sweeper, since); n != 1 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	if _, err := db.RestoreService(t.Context(), editor, old); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("the old one: %v", err)
	}
	if _, err := db.RestoreService(t.Context(), editor, young); err != nil {
		t.Errorf("the young one: %v", err)
	}
}
