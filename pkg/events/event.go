package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The attributes that every message carries, as headers: CloudEvents 1.0, NATS
// protocol binding 1.0.3-wip, section 3.1.
const (
	headerID          = "ce-id"
	headerType        = "ce-type"
	headerSource      = "ce-source"
	headerSubject     = "ce-subject"
	headerTime        = "ce-time"
	headerSpecVersion = "ce-specversion"
	headerContentType = "ce-datacontenttype"
)

// JetStream's own headers.
const (
	headerMsgID  = "Nats-Msg-Id" // a message is stored once by it
	headerRollup = "Nats-Rollup" // "sub": the message replaces all before it on its subject
	headerTTL    = "Nats-TTL"    // how long the message stays
)

// maxData bounds the data of a message that is decoded, in bytes. The largest
// legal service is a third of it.
const maxData = 256 << 10

// ErrPoison marks a message that no retry can mend: it isn't a CloudEvent, its
// data isn't JSON, or it lacks what a reader needs. Readers terminate it.
var ErrPoison = errors.New("not a valid event")

// ErrUnknownType marks a well-formed message of a type that this version of the
// package doesn't know: a later version's, most likely. Readers that only follow
// pass over it; whoever shares its work with others leaves it to them.
var ErrUnknownType = errors.New("unknown event type")

// Event is one of this package's event structs.
type Event interface {
	// Type is the CloudEvents type, which ends in the version of the data.
	Type() string
	// Subject is the NATS subject that the event is published on.
	Subject() string
	// Key is the thing that the event is about. Events of one key are published in
	// the order in which they became true.
	Key() Key
	// Validate returns every rule for writing that the event breaks, joined, or nil.
	Validate() error
	// readable returns what the event lacks for a reader to act on it, joined, or
	// nil: less than Validate, as a later version may have more words.
	readable() error
}

// Kind is a kind of thing that events are about.
type Kind string

// The kinds. A key of one is never that of another, whatever ids they have.
const (
	KindService  Kind = "service"  // ids are UUIDs
	KindLocation Kind = "location" // of workers; ids are their names
)

// Key names a thing: that of two events is equal if they are about the same one.
type Key struct {
	Kind Kind
	ID   string // ce-subject
}

// String is the key as one word, "service/0198…".
func (k Key) String() string { return string(k.Kind) + "/" + k.ID }

func serviceKey(id string) Key { return Key{KindService, id} }

// Tombstone is an event by which a thing ends: a snapshot of the stream must not
// tell of what is no more. It replaces all that the stream has on its own subject,
// and goes by itself after TombstoneLife.
type Tombstone interface {
	Event
	// Purges are the other subjects of the thing in the same stream, to be purged
	// once the tombstone is stored.
	Purges() []string
}

// Envelope is a decoded message: the event, and the attributes around it.
type Envelope struct {
	ID     string    // unique per event; the same when a message is sent again
	Type   string    // the CloudEvents type
	Source string    // who says so, as a URI reference: "/dev-portal/catalog-api"
	Time   time.Time // when it was said, UTC
	Event  Event     // one of the structs of this package, by value; nil for a type that is not known here
}

// Message is an event as it goes to NATS.
type Message struct {
	Subject string
	Header  map[string][]string // the names are in lower case, but for NATS' own
	Data    []byte              // JSON
	Purges  []string            // subjects to be purged once the message is stored: see Tombstone
}

// Encode makes the message of e, ready to be published: a new id, the present
// time, and Nats-Msg-Id equal to ce-id so that the stream stores it once. It
// fails if e isn't valid or source is empty.
func Encode(source string, e Event) (Message, error) {
	msg := Message{Subject: e.Subject()}
	if err := errors.Join(e.Validate(), check(source != "", "source is empty")); err != nil {
		return msg, fmt.Errorf("encode %s: %w", e.Type(), err)
	}
	data, err := json.Marshal(e)
	if err != nil {
		return msg, fmt.Errorf("encode %s: %w", e.Type(), err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return msg, fmt.Errorf("encode %s: %w", e.Type(), err)
	}
	msg.Data = data
	msg.Header = map[string][]string{
		headerID:          {id.String()},
		headerType:        {e.Type()},
		headerSource:      {source},
		headerSubject:     {e.Key().ID},
		headerTime:        {time.Now().UTC().Format(time.RFC3339Nano)},
		headerSpecVersion: {"1.0"},
		headerContentType: {"application/json"},
		headerMsgID:       {id.String()},
	}
	if t, ok := e.(Tombstone); ok {
		// Without the rollup what it replaced would come to light again as it expires.
		msg.Header[headerRollup], msg.Header[headerTTL] = []string{"sub"}, []string{TombstoneLife.String()}
		msg.Purges = t.Purges()
	}
	return msg, nil
}

// Decode reads a message of any type of this package, also one that a later
// version wrote: unknown fields are passed over; reasons and intervals pass as they
// came, known or not; a status that is not known reads as StatusUnknown, with its
// word beside it. Its errors wrap ErrPoison or ErrUnknownType; with the latter the
// envelope has everything but the event.
func Decode(header map[string][]string, data []byte) (Envelope, error) {
	var env Envelope
	if v := get(header, headerSpecVersion); v != "1.0" {
		return env, fmt.Errorf("%w: %s is %q, want 1.0", ErrPoison, headerSpecVersion, v)
	}
	env.ID, env.Type, env.Source = get(header, headerID), get(header, headerType), get(header, headerSource)
	if env.ID == "" || env.Source == "" {
		return env, fmt.Errorf("%w: %s or %s is missing", ErrPoison, headerID, headerSource)
	}
	at, err := time.Parse(time.RFC3339Nano, get(header, headerTime))
	if err != nil {
		return env, fmt.Errorf("%w: %s: %w", ErrPoison, headerTime, err)
	}
	env.Time = at.UTC()
	if len(data) > maxData {
		return env, fmt.Errorf("%w: %d bytes of data, at most %d are read", ErrPoison, len(data), maxData)
	}
	decode, ok := decoders[env.Type]
	if !ok {
		return env, fmt.Errorf("%w: %.100q", ErrUnknownType, env.Type)
	}
	event, err := decode(data)
	if err != nil {
		return env, fmt.Errorf("%w: %w", ErrPoison, err)
	}
	env.Event = event
	return env, nil
}

// DecodeAs reads a message that must be of type E. Another type is ErrPoison.
func DecodeAs[E Event](header map[string][]string, data []byte) (E, error) {
	var zero E
	env, err := Decode(header, data)
	if err != nil {
		return zero, err
	}
	event, ok := env.Event.(E)
	if !ok {
		return zero, fmt.Errorf("%w: type is %s, want %s", ErrPoison, env.Event.Type(), zero.Type())
	}
	return event, nil
}

// decoders has every type that Decode knows.
var decoders = map[string]func([]byte) (Event, error){
	ServiceCreated{}.Type():  decodeData[ServiceCreated],
	ServiceUpdated{}.Type():  decodeData[ServiceUpdated],
	ServiceDeleted{}.Type():  decodeData[ServiceDeleted],
	StatusChanged{}.Type():   decodeData[StatusChanged],
	ProbePlanned{}.Type():    decodeData[ProbePlanned],
	ProbeCompleted{}.Type():  decodeData[ProbeCompleted],
	ProbeDelayed{}.Type():    decodeData[ProbeDelayed],
	ProbesCompleted{}.Type(): decodeData[ProbesCompleted],
}

func decodeData[E Event](data []byte) (Event, error) {
	var e E
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	if later, ok := any(&e).(interface{ translate() }); ok {
		later.translate()
	}
	return e, e.readable()
}

// get reads a header whatever its case: NATS keeps the sender's, and other
// CloudEvents libraries write some attributes differently.
func get(header map[string][]string, key string) string {
	if v := header[key]; len(v) > 0 {
		return v[0]
	}
	for k, v := range header {
		if len(v) > 0 && strings.EqualFold(k, key) {
			return v[0]
		}
	}
	return ""
}

// check is nil if ok, and else an error that reads as in fmt.Errorf.
func check(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// checkWord reports what is no code of letters, digits and underscores, which may
// be one that a later version added.
func checkWord(field, word string) error {
	ok := word != "" && len(word) <= 64 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
	return check(ok, "%s %.40q is not a word", field, word)
}

// checkID reports an id that is not a UUID: it becomes part of a subject.
func checkID(field, id string) error {
	return check(len(id) == 36 && uuid.Validate(id) == nil, "%s %.40q is not a UUID", field, id)
}
