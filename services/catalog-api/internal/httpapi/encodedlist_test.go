package httpapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
)

func listedNamed(name string) catalog.Listed {
	svc := catalog.New(uuid.NewString(), "1m", time.Now())
	svc.Name, svc.Version, svc.Description = name, 1, strings.Repeat("what it does ", 5)
	return catalog.Listed{Service: svc, Key: catalog.NameKey(name)}
}

func with(t *testing.T, l *encodedList, c catalog.Changes) *encodedList {
	t.Helper()
	next, err := l.with(c)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// A list after many changes equals, byte for byte, one that is built from scratch, also
// compressed. Blocks that did not change are not compressed again.
func TestChangedListEqualsRebuiltList(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	all := map[string]catalog.Listed{}
	var first []catalog.Listed
	for i := range 1500 {
		l := listedNamed(fmt.Sprintf("service %04d", i))
		if i > 0 {
			l.DependsOn = needing(first[random.IntN(i)])
		}
		all[l.ID] = l
		first = append(first, l)
	}
	list := with(t, &encodedList{}, catalog.Changes{All: true, Services: first})
	for round := range 12 {
		var c catalog.Changes
		for id, l := range all {
			switch random.IntN(300) {
			case 0:
				c.Deleted = append(c.Deleted, id)
				delete(all, id)
			case 1, 2:
				l.Team = fmt.Sprintf("team %d", round)
				all[id] = l
				c.Services = append(c.Services, l)
			case 3:
				l.Name = fmt.Sprintf("renamed %d %s", round, l.Name)
				l.Key = catalog.NameKey(l.Name)
				all[id] = l
				c.Services = append(c.Services, l)
			case 4: // reported as changed, but unchanged
				c.Services = append(c.Services, l)
			case 5:
				l.Status = events.Statuses[random.IntN(len(events.Statuses))]
				all[id] = l
				c.Services = append(c.Services, l)
			case 6:
				l.LatencyMS++
				all[id] = l
				c.Services = append(c.Services, l)
			case 7:
				l.DependsOn = needing(first[random.IntN(len(first))])
				all[id] = l
				c.Services = append(c.Services, l)
			}
		}
		added := listedNamed(fmt.Sprintf("added %d", round))
		all[added.ID] = added
		c.Services = append(c.Services, added)
		if round%3 > 0 { // otherwise it is never used compressed
			list.gzip()
		}
		list = with(t, list, c)

		var now []catalog.Listed
		for _, l := range all {
			now = append(now, l)
		}
		slices.SortFunc(now, func(a, b catalog.Listed) int { return strings.Compare(a.Key, b.Key) })
		anew := with(t, &encodedList{}, catalog.Changes{All: true, Services: now})
		if !bytes.Equal(list.json, anew.json) || list.tag != anew.tag {
			t.Fatalf("round %d: another list than the one made anew", round)
		}
		if !bytes.Equal(list.gzip(), anew.gzip()) {
			t.Fatalf("round %d: compressed otherwise than the one made anew", round)
		}
		wantUnzipped(t, list)
		var read serviceList
		if err := json.Unmarshal(list.json, &read); err != nil || read.Total != len(now) || len(read.Items) != len(now) {
			t.Fatalf("round %d: total %d, %d items (%v), want %d", round, read.Total, len(read.Items), err, len(now))
		}
		wantHits(t, read, list.picture)
	}
	again := with(t, list, catalog.Changes{All: true, Services: values(all)})
	if again != list {
		t.Error("the same services are another list")
	}
	one := values(all)[0]
	one.Team = "another"
	next := with(t, list, catalog.Changes{Services: []catalog.Listed{one}})
	next.gzip()
	kept := 0
	for sum := range next.blocks {
		if list.blocks[sum] != nil {
			kept++
		}
	}
	if kept != len(next.blocks)-1 {
		t.Errorf("%d of %d blocks were kept, want all but one", kept, len(next.blocks))
	}
}

func needing(needed catalog.Listed) []catalog.Dependency {
	return []catalog.Dependency{{ID: needed.ID, Name: needed.Name, Kind: events.DependencyHard}}
}

// wantHits checks that what was read of a list is what hits its services.
func wantHits(t *testing.T, read serviceList, p *impact.Picture) {
	t.Helper()
	hit := 0
	for _, svc := range read.Items {
		if want := newNearestHit(p, svc.ID); !svc.Impact.same(want) {
			t.Fatalf("on %s: %+v, want %+v", svc.Name, svc.Impact, want)
		} else if want != nil {
			hit++
		}
	}
	if hit != len(p.AllHit()) {
		t.Fatalf("%d services are hit, want %d", hit, len(p.AllHit()))
	}
}

// A change of what hits a few services leaves the others as they are encoded, and what is measured
// leaves what hits them.
func TestOnlyServicesThatAreHitAreEncodedAgain(t *testing.T) {
	db, shop, other := listedNamed("db"), listedNamed("shop"), listedNamed("other")
	shop.DependsOn, other.Status = needing(db), events.StatusDown
	late := listedNamed("late")
	late.DependsOn = needing(other)
	list := with(t, &encodedList{}, catalog.Changes{All: true, Services: []catalog.Listed{db, late, other, shop}})
	find := func(l *encodedList, name string) *item {
		t.Helper()
		i := slices.IndexFunc(l.items, func(it *item) bool { return it.key == name })
		return l.items[i]
	}
	change := func(what string, change func(*catalog.Service), changed ...string) {
		t.Helper()
		change(&db.Service)
		next := with(t, list, catalog.Changes{Services: []catalog.Listed{db}})
		for _, name := range []string{"db", "late", "other", "shop"} {
			if was, now := find(list, name), find(next, name); (was != now) != slices.Contains(changed, name) {
				t.Errorf("%s: of %s the item is another one: %t", what, name, was != now)
			}
		}
		list = next
	}
	change("it fell", func(s *catalog.Service) { s.Status = events.StatusDown }, "db", "shop")
	before := list.picture
	change("it was measured", func(s *catalog.Service) { s.LatencyMS = 7 }, "db")
	if list.picture != before {
		t.Error("what was measured made another picture")
	}
	change("it has another name", func(s *catalog.Service) { s.Name = "DB" }, "db", "shop")
	change("it is back", func(s *catalog.Service) { s.Status = events.StatusHealthy }, "db", "shop")
	if find(list, "shop").hit != nil || find(list, "late").hit == nil {
		t.Errorf("%s", list.json)
	}
}

func values(all map[string]catalog.Listed) (list []catalog.Listed) {
	for _, l := range all {
		list = append(list, l)
	}
	return list
}

func wantUnzipped(t *testing.T, l *encodedList) {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(l.gzip()))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, l.json) {
		t.Fatalf("unzipped it is another list (%v)", err)
	}
}

func TestSmallLists(t *testing.T) {
	for n := range 4 {
		var all []catalog.Listed
		for i := range n {
			all = append(all, listedNamed(fmt.Sprint(i)))
		}
		list := with(t, &encodedList{}, catalog.Changes{All: true, Services: all})
		wantUnzipped(t, list)
		if !json.Valid(list.json) || !strings.HasSuffix(string(list.json), fmt.Sprintf(`],"total":%d}`, n)) {
			t.Errorf("%s", list.json)
		}
	}
}

// BenchmarkOneFallOf10000 is of a service that falls and is back: half of the others need one that
// fell before, and few need it.
func BenchmarkOneFallOf10000(b *testing.B) {
	all := make([]catalog.Listed, 10_000)
	for i := range all {
		all[i] = listedNamed(fmt.Sprintf("service %05d", i))
		switch {
		case i == 0:
			all[i].Status = events.StatusDown
		case i%2 == 0:
			all[i].DependsOn = needing(all[0])
		case i > 1 && i < 20:
			all[i].DependsOn = needing(all[1])
		}
	}
	list, err := (&encodedList{}).with(catalog.Changes{All: true, Services: all})
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		one := all[1]
		one.Status = []events.Status{events.StatusDown, events.StatusHealthy}[i%2]
		if list, err = list.with(catalog.Changes{Services: []catalog.Listed{one}}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOneChangeOf10000(b *testing.B) {
	var all []catalog.Listed
	for i := range 10_000 {
		all = append(all, listedNamed(fmt.Sprintf("service %05d", i)))
	}
	for name, zip := range map[string]bool{"plain": false, "gzip": true} {
		b.Run(name, func(b *testing.B) {
			list, err := (&encodedList{}).with(catalog.Changes{All: true, Services: all})
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				one := all[i%len(all)]
				one.Version = int64(2 + i)
				if list, err = list.with(catalog.Changes{Services: []catalog.Listed{one}}); err != nil {
					b.Fatal(err)
				}
				if zip {
					list.gzip()
				}
			}
		})
	}
}
