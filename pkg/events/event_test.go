package events_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/google/uuid"
)

func TestRoundTrip(t *testing.T) {
	for _, want := range samples() {
		t.Run(want.Type(), func(t *testing.T) {
			before := time.Now().Add(-time.Millisecond)
			msg := encode(t, want)
			got, err := events.Decode(msg.Header, msg.Data)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Event, want) {
				t.Errorf("got %+v, want %+v", got.Event, want)
			}
			if got.Source != source || got.ID != msg.Header["Nats-Msg-Id"][0] || uuid.Validate(got.ID) != nil {
				t.Errorf("source is %q and id %q, with Nats-Msg-Id %q", got.Source, got.ID, msg.Header["Nats-Msg-Id"][0])
			}
			if got.Time.Before(before) || got.Time.After(time.Now()) || got.Time.Location() != time.UTC {
				t.Errorf("time is %s, want now in UTC", got.Time)
			}
			if msg.Subject != want.Subject() || !strings.HasSuffix(msg.Subject, "."+want.Key().ID) {
				t.Errorf("subject is %s, of %s", msg.Subject, want.Key().ID)
			}
		})
	}
}

func TestTombstoneMessage(t *testing.T) {
	for _, e := range samples() {
		msg := encode(t, e)
		got := fmt.Sprint(msg.Header["Nats-Rollup"], msg.Header["Nats-TTL"], msg.Purges)
		want := "[] [] []"
		if e, ok := e.(events.Tombstone); ok {
			want = fmt.Sprint("[sub] [168h0m0s] ", e.Purges())
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", e.Type(), got, want)
		}
	}
}

func TestKey(t *testing.T) {
	if got := (events.ServiceDeleted{ID: "x"}).Key().String(); got != "service/x" {
		t.Errorf("got %s, want service/x", got)
	}
	for _, e := range samples() {
		if key := e.Key(); key.Kind == "" || key.ID == "" {
			t.Errorf("%s has key %q", e.Type(), key)
		}
	}
}

func TestDeletedServicePurgesItsOtherSubjects(t *testing.T) {
	got := (events.ServiceDeleted{ID: "x"}).Purges()
	if want := []string{events.StatusSubject("x"), events.DeploymentSubject("x"), events.ReleaseSubject("x"), events.ImpactSubject("x"), events.ScorecardSubject("x")}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDecodePublishedPayloads(t *testing.T) {
	for _, want := range samples() {
		t.Run(want.Type(), func(t *testing.T) {
			payload := golden(t, want.Type())
			msg := encode(t, want)
			if got := string(msg.Data); got != compact(t, payload) {
				t.Errorf("encoded\n%s\nwant\n%s", got, compact(t, payload))
			}
			for name, data := range map[string]string{
				"as it was":                  string(payload),
				"with a field from later on": strings.Replace(string(payload), "{", `{"from_later_on":{"a":[1]},`, 1),
			} {
				got, err := events.Decode(msg.Header, []byte(data))
				if err != nil || !reflect.DeepEqual(got.Event, want) {
					t.Errorf("%s: decoded %+v, %v; want %+v", name, got.Event, err, want)
				}
			}
		})
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if typ, ok := strings.CutSuffix(f.Name(), ".json"); ok && !slices.Contains(events.Types, typ) {
			t.Errorf("%s is of a type that is not read any more", f.Name())
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	type change func(map[string][]string)
	set := func(key, value string) change { return func(h map[string][]string) { h[key] = []string{value} } }
	without := func(key string) change { return func(h map[string][]string) { delete(h, key) } }
	for name, tc := range map[string]struct {
		change change
		data   string
		want   error
		text   string
	}{
		"no CloudEvent":            {without("ce-specversion"), "", events.ErrPoison, `ce-specversion is "", want 1.0`},
		"a CloudEvent of old":      {set("ce-specversion", "0.3"), "", events.ErrPoison, `ce-specversion is "0.3"`},
		"no type":                  {without("ce-type"), "", events.ErrUnknownType, `unknown event type: ""`},
		"a type of somebody else":  {set("ce-type", "com.example.made.v1"), "", events.ErrUnknownType, "com.example.made.v1"},
		"a version from later on":  {set("ce-type", "dev.portal.status.changed.v2"), "", events.ErrUnknownType, "changed.v2"},
		"no id":                    {without("ce-id"), "", events.ErrPoison, "ce-id or ce-source is missing"},
		"no source":                {without("ce-source"), "", events.ErrPoison, "ce-id or ce-source is missing"},
		"no time":                  {without("ce-time"), "", events.ErrPoison, "ce-time"},
		"a time that is none":      {set("ce-time", "yesterday"), "", events.ErrPoison, "yesterday"},
		"data that is not JSON":    {nil, "hello", events.ErrPoison, "invalid character"},
		"data of another type":     {nil, `[1]`, events.ErrPoison, "cannot unmarshal array"},
		"data that breaks a rule":  {nil, `{}`, events.ErrPoison, "since is missing"},
		"a number that is a text":  {nil, `{"http_status":"200"}`, events.ErrPoison, "cannot unmarshal string"},
		"data larger than allowed": {nil, `{"name":"` + strings.Repeat("x", 512<<10) + `"}`, events.ErrPoison, "bytes of data"},
	} {
		t.Run(name, func(t *testing.T) {
			header := maps.Clone(encode(t, sample[events.StatusChanged](t)).Header)
			data := golden(t, "dev.portal.status.changed.v1")
			if tc.change != nil {
				tc.change(header)
			}
			if tc.data != "" {
				data = []byte(tc.data)
			}
			_, err := events.Decode(header, data)
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("got %v, want %v with %q", err, tc.want, tc.text)
			}
		})
	}
}

func TestDecodeAsRejectsOtherTypes(t *testing.T) {
	msg := encode(t, events.ServiceCreated{Service: ledger()})
	got, err := events.DecodeAs[events.ServiceCreated](msg.Header, msg.Data)
	if err != nil || !reflect.DeepEqual(got.Service, ledger()) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = events.DecodeAs[events.StatusChanged](msg.Header, msg.Data)
	if !errors.Is(err, events.ErrPoison) || !strings.Contains(err.Error(), "want dev.portal.status.changed.v1") {
		t.Errorf("another type: %v", err)
	}
	if _, err = events.DecodeAs[events.StatusChanged](msg.Header, nil); !errors.Is(err, events.ErrPoison) {
		t.Errorf("no data: %v", err)
	}
}

func TestEncodeRejectsInvalidEvents(t *testing.T) {
	for name, tc := range map[string]struct {
		source string
		event  events.Event
		want   string
	}{
		"an invalid event": {source, events.StatusChanged{}, "encode dev.portal.status.changed.v1: service_id"},
		"no source":        {"", sample[events.StatusChanged](t), "source is empty"},
		"no list of tags": {source, events.ServiceCreated{Service: events.Service{
			ID: ledgerID, Name: "ledger", Interval: "1m", Version: 1, Status: "unknown",
			StatusSince: at(9, 0, 0, 0), CreatedAt: at(9, 0, 0, 0), UpdatedAt: at(9, 0, 0, 0),
		}}, "tags is missing"},
	} {
		if msg, err := events.Encode(tc.source, tc.event); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, %v; want %q", name, msg, err, tc.want)
		}
	}
}

// A package that needs only the events, such as a service's domain, must not link a client.
func TestPackageLinksNoClient(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range strings.Fields(string(out)) {
		if pkg == "net/http" || strings.HasPrefix(pkg, "github.com/nats-io/") {
			t.Errorf("package events links %s", pkg)
		}
	}
}

// Go ignores the replace directives of required modules, so a program that requires
// this module could not resolve an unpublished sibling.
func TestModuleCanBeRequired(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(mod), "\n") {
		if strings.HasPrefix(line, "replace") {
			t.Errorf("go.mod has %q", line)
		}
	}
}

func encode(tb testing.TB, e events.Event) events.Message {
	tb.Helper()
	msg, err := events.Encode(source, e)
	if err != nil {
		tb.Fatal(err)
	}
	return msg
}
