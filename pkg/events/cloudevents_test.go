package events_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/binding/spec"
	cloudevent "github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/dev-portal/dev-portal/pkg/events"
)

func TestCloudEventsLibraryDecodesOurMessages(t *testing.T) {
	for _, want := range samples() {
		t.Run(want.Type(), func(t *testing.T) {
			msg := encode(t, want)
			got, err := binding.ToEvent(t.Context(), &binaryMessage{msg})
			if err != nil {
				t.Fatal(err)
			}
			if err := got.Validate(); err != nil {
				t.Error(err)
			}
			if got.Type() != want.Type() || got.Subject() != want.Key().ID || got.Source() != source ||
				got.ID() != msg.Header["Nats-Msg-Id"][0] || got.DataContentType() != "application/json" {
				t.Errorf("attributes are %v", got.Context)
			}
			data := reflect.New(reflect.TypeOf(want))
			if err := got.DataAs(data.Interface()); err != nil || !reflect.DeepEqual(data.Elem().Interface(), want) {
				t.Errorf("data is %+v, %v; want %+v", data.Elem(), err, want)
			}
			if len(got.Extensions()) != 0 {
				t.Errorf("extensions are %v: each ce- header must be an attribute", got.Extensions())
			}
		})
	}
}

// Over HTTP the header names are in another case, and the content type has another
// name: a bridge to NATS keeps them.
func TestDecodeMessagesOfCloudEventsLibrary(t *testing.T) {
	want := sample[events.StatusChanged](t)
	made := cloudevent.New()
	made.SetID("A234-1234-1234")
	made.SetSource("https://example.com/bridge")
	made.SetType(want.Type())
	made.SetTime(at(9, 35, 24, 0))
	if err := made.SetData("application/json", want); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://bridge.example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := cehttp.WriteRequest(t.Context(), binding.ToMessage(&made), req); err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := req.Header["Ce-Id"]; !ok {
		t.Fatalf("header is %v, want one in another case than ours", req.Header)
	}
	got, err := events.Decode(req.Header, data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Event, want) || got.ID != made.ID() || got.Source != made.Source() || !got.Time.Equal(made.Time()) {
		t.Errorf("got %+v, want %+v", got, made)
	}
}

// binaryMessage adapts a NATS message for the library: every header with the prefix of
// the NATS binding is an attribute or an extension.
type binaryMessage struct{ msg events.Message }

var specs = spec.WithPrefix("ce-")

func (m *binaryMessage) ReadEncoding() binding.Encoding { return binding.EncodingBinary }

func (m *binaryMessage) ReadStructured(context.Context, binding.StructuredWriter) error {
	return binding.ErrNotStructured
}

func (m *binaryMessage) ReadBinary(_ context.Context, w binding.BinaryWriter) error {
	version := specs.Version(m.msg.Header["ce-specversion"][0])
	for key, value := range m.msg.Header {
		var err error
		if attribute := version.Attribute(key); attribute != nil {
			err = w.SetAttribute(attribute, value[0])
		} else if name, ok := strings.CutPrefix(key, "ce-"); ok {
			err = w.SetExtension(name, value[0])
		}
		if err != nil {
			return err
		}
	}
	return w.SetData(bytes.NewReader(m.msg.Data))
}

func (m *binaryMessage) Finish(error) error { return nil }

func (m *binaryMessage) GetAttribute(kind spec.Kind) (spec.Attribute, any) {
	attribute := specs.Version(m.msg.Header["ce-specversion"][0]).AttributeFromKind(kind)
	return attribute, m.GetExtension(kind.String())
}

func (m *binaryMessage) GetExtension(name string) any {
	if v := m.msg.Header["ce-"+name]; len(v) > 0 {
		return v[0]
	}
	return nil
}
