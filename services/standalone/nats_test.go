package standalone_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats.go"
)

func TestNATSConnectionsWithoutAUserCanOnlyRead(t *testing.T) {
	cfg := config(t)
	portal := start(t, cfg)
	defer portal.stop()
	call(t, "POST", portal.at.API+"/services", `{"name":"billing"}`, 201)
	js := devtest.JetStream(t, portal.at.NATS)

	ctx, cancel := context.WithTimeout(t.Context(), recovery)
	defer cancel()
	var names []string
	err := stream.Subscribe(ctx, js, stream.Subscription{}, func(_ context.Context, d stream.Delivery) error {
		if e, ok := d.Event.(events.ServiceCreated); ok {
			names = append(names, e.Name)
			cancel()
		}
		return nil
	})
	if err != nil || fmt.Sprint(names) != "[billing]" {
		t.Errorf("read %v, %v; want the service", names, err)
	}
	forbidden := []string{
		"$JS.API.STREAM.DELETE.PORTAL", "$JS.API.STREAM.PURGE.PORTAL", "$JS.API.STREAM.UPDATE.PORTAL", "$JS.API.STREAM.CREATE.MINE",
		"$JS.API.CONSUMER.DELETE.PORTAL.planner", events.CatalogSubject("x"), events.StatusSubject("x"), events.ResultSubject("x"), events.CheckSubject,
	}
	for _, subject := range forbidden {
		refused := make(chan error, 1)
		nc, err := nats.Connect(portal.at.NATS, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			select {
			case refused <- err:
			default:
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(nc.Publish(subject, []byte("{}")), nc.Flush()); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-refused:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", subject, err)
			}
		case <-time.After(recovery):
			t.Errorf("whoever comes without a name may publish %s", subject)
		}
		nc.Close()
	}
	if health := call(t, "GET", portal.at.API+"/health", "", 200); health["status"] != "ok" {
		t.Errorf("health is %v", health)
	}
}

func TestNATSPasswordsAreKeptAndPrivate(t *testing.T) {
	cfg := config(t)
	file := filepath.Join(cfg.Dir, "nats-passwords")
	var kept []byte
	for n := range 2 {
		portal := start(t, cfg)
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode is %v", info.Mode())
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n == 1 && !bytes.Equal(text, kept) {
			t.Error("the passwords changed with a restart")
		}
		kept = text
		for user, password := range map[string]string{"catalog-api": "wrong", "health-worker": ""} {
			if nc, err := nats.Connect(portal.at.NATS, nats.UserInfo(user, password)); err == nil {
				nc.Close()
				t.Errorf("%s may come with the password %q", user, password)
			}
		}
		for line := range strings.Lines(string(text)) {
			name, password, _ := strings.Cut(strings.TrimSpace(line), "=")
			user := strings.ToLower(strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(name, "NATS_"), "_PASSWORD"), "_", "-"))
			nc, err := nats.Connect(portal.at.NATS, nats.UserInfo(user, password))
			if err != nil {
				t.Errorf("%s may not come: %v", user, err)
				continue
			}
			nc.Close()
		}
		portal.stop()
	}
}

func TestStreamsOfAnEarlierVersionAreKept(t *testing.T) {
	cfg := config(t)
	portal := start(t, cfg)
	call(t, "POST", portal.at.API+"/services", `{"name":"billing"}`, 201)
	created := func(portal running) time.Time {
		stored, err := devtest.JetStream(t, portal.at.NATS).Stream(t.Context(), events.StreamPortal)
		if err != nil {
			t.Fatal(err)
		}
		return stored.CachedInfo().Created
	}
	before := created(portal)
	portal.stop()
	store := filepath.Join(cfg.Dir, "nats", "jetstream")
	if err := os.Rename(filepath.Join(store, "PORTAL"), filepath.Join(store, "$G")); err != nil {
		t.Fatal(err)
	}
	portal = start(t, cfg)
	defer portal.stop()
	if now := created(portal); !now.Equal(before) {
		t.Errorf("the stream was made at %s, want that of %s", now, before)
	}
}
