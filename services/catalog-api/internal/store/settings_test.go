package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

func TestChangedSettingsAreInTheTrail(t *testing.T) {
	s := open(t)
	note := func(settings map[string]string) {
		t.Helper()
		if err := s.NoteSettings(t.Context(), access.Operator, settings); err != nil {
			t.Fatal(err)
		}
	}
	first := map[string]string{"PORTAL_ANONYMOUS": "viewer", "PORTAL_HOSTS": ""}
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() { note(first) })
	}
	replicas.Wait()
	note(map[string]string{"PORTAL_ANONYMOUS": "editor", "PORTAL_HOSTS": "", "PORTAL_NEW": "1"})
	note(map[string]string{"PORTAL_ANONYMOUS": "editor"})
	trail, err := s.Trail(t.Context(), access.Search{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range trail {
		got = append(got, fmt.Sprint(entry.Actor.ID, " ", entry.Deed, " ", entry.Thing, " ", entry.Changes))
	}
	want := []string{
		"operator updated settings/portal [{PORTAL_NEW 1 <nil>}]",
		"operator updated settings/portal [{PORTAL_ANONYMOUS viewer editor} {PORTAL_NEW <nil> 1}]",
		"operator created settings/portal [{PORTAL_ANONYMOUS <nil> viewer}]",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if err := s.NoteSettings(t.Context(), access.Prober, first); err == nil {
		t.Error("the prober notes settings")
	}
}
