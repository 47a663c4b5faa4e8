package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/ingest"
)

// observed is a fake store that knows some services.
type observed struct {
	services []string
	err      error
	got      []catalog.Call
}

func (o *observed) observe(_ context.Context, by access.Actor, calls []catalog.Call) (unknown []string, err error) {
	if by.ID != access.Fetcher.ID {
		return nil, errors.New("somebody else stores them")
	}
	o.got = calls
	for _, c := range calls {
		for _, name := range []string{c.Client, c.Server} {
			if !slices.Contains(o.services, name) {
				unknown = append(unknown, name)
			}
		}
	}
	return unknown, o.err
}

func TestCallsAreObserved(t *testing.T) {
	at := time.Date(2026, 3, 14, 9, 31, 0, 0, time.UTC)
	found := events.CallsFound{ReadAt: at, Calls: []events.Call{{Client: "user", Server: "shop", CallsPerMinute: 3}, {Client: "shop", Server: "payments", CallsPerMinute: 2.5}}}
	want := []catalog.Call{{Client: "user", Server: "shop", PerMinute: 3, SeenAt: at}, {Client: "shop", Server: "payments", PerMinute: 2.5, SeenAt: at}}
	broken := errors.New("the database is away")
	for name, tc := range map[string]struct {
		services []string
		err      error
		applied  bool
		unknown  float64
	}{
		"of services":         {[]string{"user", "shop", "payments"}, nil, true, 0},
		"of some":             {[]string{"shop", "payments"}, nil, true, 1},
		"of none":             {nil, nil, false, 4},
		"of one in each":      {[]string{"shop"}, nil, false, 2},
		"without a database":  {nil, broken, false, 0},
		"of one that is away": {[]string{"user", "payments"}, nil, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var logs bytes.Buffer
			store := &observed{services: tc.services, err: tc.err}
			o := ingest.Observer{
				Observe: store.observe, Log: slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelInfo})), Unknown: ingest.NewUnknown(prometheus.NewRegistry()),
			}
			applied, err := o.Apply(t.Context(), access.Fetcher, found)
			if applied != tc.applied || !errors.Is(err, tc.err) {
				t.Errorf("got %t, %v, want %t, %v", applied, err, tc.applied, tc.err)
			}
			if !reflect.DeepEqual(store.got, want) {
				t.Errorf("stored %+v, want %+v", store.got, want)
			}
			if got := testutil.ToFloat64(o.Unknown); got != tc.unknown {
				t.Errorf("%v names are unknown, want %v", got, tc.unknown)
			}
			if strings.TrimSpace(logs.String()) != "" {
				t.Errorf("that is not worth a line: %s", logs.String())
			}
		})
	}
}
