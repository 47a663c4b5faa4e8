package catalog_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

func TestCallsThatAreRefused(t *testing.T) {
	now := time.Date(2026, 3, 14, 2, 10, 0, 0, time.UTC)
	good := catalog.Call{Client: "shop", Server: "db", PerMinute: 12.5, SeenAt: now.Add(-time.Hour)}
	for want, change := range map[string]func(*catalog.Call){
		"":                  func(*catalog.Call) {},
		"client":            func(c *catalog.Call) { c.Client = " " },
		"server":            func(c *catalog.Call) { c.Server = strings.Repeat("x", catalog.MaxCallName+1) },
		"calls_per_minute":  func(c *catalog.Call) { c.PerMinute = -1 },
		"calls_per_minute ": func(c *catalog.Call) { c.PerMinute = math.Inf(1) },
		"last_seen":         func(c *catalog.Call) { c.SeenAt = now.Add(time.Hour) },
		"last_seen ":        func(c *catalog.Call) { c.SeenAt = now.Add(-catalog.CallsKept - 1) },
	} {
		call := good
		change(&call)
		err := catalog.ValidateCalls([]catalog.Call{good, call}, now)
		invalid, is := errors.AsType[*catalog.InvalidError](err)
		if want == "" {
			if err != nil {
				t.Error(err)
			}
		} else if !is || len(invalid.Fields) != 1 || invalid.Fields[0].Field != "calls[1]."+strings.TrimSpace(want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for _, n := range []int{0, catalog.MaxCalls + 1} {
		if err := catalog.ValidateCalls(slices.Repeat([]catalog.Call{good}, n), now); err == nil {
			t.Errorf("%d calls are taken", n)
		}
	}
}
