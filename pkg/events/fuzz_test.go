package events_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Decode returns for any input either an event that can be encoded again, or one of the
// two errors that readers distinguish.
func FuzzDecode(f *testing.F) {
	for _, e := range samples() {
		msg := encode(f, e)
		f.Add("ce-", "1.0", e.Type(), msg.Header["ce-id"][0], source, msg.Header["ce-time"][0], msg.Data)
		f.Add("Ce-", "1.0", e.Type(), "1", "", "2026-03-14", msg.Data[:len(msg.Data)/2])
	}
	f.Add("ce-", "0.3", "", "", "", "", []byte(nil))
	f.Fuzz(func(t *testing.T, prefix, version, typ, id, source, at string, data []byte) {
		header := map[string][]string{
			prefix + "specversion": {version}, prefix + "type": {typ}, prefix + "id": {id},
			prefix + "source": {source}, prefix + "time": {at},
		}
		env, err := events.Decode(header, data)
		if err != nil {
			if errors.Is(err, events.ErrPoison) == errors.Is(err, events.ErrUnknownType) {
				t.Errorf("error is %v, want one of the two", err)
			}
			return
		}
		if env.ID != id || env.Source != source || env.Type != typ || env.Event.Type() != typ {
			t.Errorf("got %+v from %v", env, header)
		}
	})
}

// Encoding and decoding an event loses nothing.
func FuzzRoundTrip(f *testing.F) {
	for _, typ := range events.Types {
		f.Add(typ, golden(f, typ))
	}
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		header := map[string][]string{
			"ce-specversion": {"1.0"}, "ce-type": {typ}, "ce-id": {"1"}, "ce-source": {source},
			"ce-time": {"2026-03-14T09:26:53Z"},
		}
		first, err := events.Decode(header, data)
		if err != nil || first.Event.Validate() != nil {
			return // decoding accepts more than encoding
		}
		msg := encode(t, first.Event)
		second, err := events.Decode(msg.Header, msg.Data)
		if err != nil {
			t.Fatalf("%v in %s", err, msg.Data)
		}
		if again := encode(t, second.Event); !bytes.Equal(again.Data, msg.Data) || again.Subject != msg.Subject {
			t.Errorf("from %s\ncame %s on %s\nthen %s on %s", data, msg.Data, msg.Subject, again.Data, again.Subject)
		}
	})
}
