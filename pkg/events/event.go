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
	headerMsgID  = "Nats-Msg-Id" // deduplicates messages
	headerRollup = "Nats-Rollup" // "sub": the message replaces all earlier ones on its subject
	headerTTL    = "Nats-TTL"    // how long the stream keeps the message
)

// maxData is the maximum size of the data of a message to decode, in bytes. The
// largest valid service has a little more than half of it.
const maxData = 512 << 10

// ErrPoison means that a message is invalid for good: it isn't a CloudEvent, its data
// isn't JSON, or it lacks fields that a reader needs. Readers must terminate it.
var ErrPoison = errors.New("not a valid event")

// ErrUnknownType means that a message is well-formed but of a type that this version
// of the package doesn't know, most likely of a later version. Readers that only
// follow must skip it; readers that share work must leave it to others.
var ErrUnknownType = errors.New("unknown event type")

// Event is one of this package's event structs.
type Event interface {
	// Type returns the CloudEvents type, which ends in the version of the data.
	Type() string
	// Subject returns the NATS subject that the event is published on.
	Subject() string
	// Key returns the key of the event's object. Events of one key are published in
	// the order in which they occurred.
	Key() Key
	// Validate checks the rules for encoding. It returns all violations, joined, or nil.
	Validate() error
	// readable checks the rules for decoding, and returns all violations, joined, or
	// nil. It is more lenient than Validate, as a later version may know more values.
	readable() error
}

// Kind is a kind of object that events are about.
type Kind string

// The kinds. Keys of different kinds are different, even if their ids are equal.
const (
	KindService  Kind = "service"  // ids are UUIDs
	KindTeam     Kind = "team"     // ids are slugs
	KindLocation Kind = "location" // of workers; ids are the locations' names
	KindPart     Kind = "part"     // of a reading; ids are the parts' numbers
)

// Key identifies an object. Two events have the same key if they are about the same
// object.
type Key struct {
	Kind Kind
	ID   string // ce-subject
}

// String returns the key in the form "service/0198…".
func (k Key) String() string { return string(k.Kind) + "/" + k.ID }

func serviceKey(id string) Key { return Key{KindService, id} }

func teamKey(slug string) Key { return Key{KindTeam, slug} }

// Tombstone is an event that an object was deleted. It replaces all messages on its
// subject, so that snapshots of the stream don't include deleted objects, and expires
// after TombstoneLife.
type Tombstone interface {
	Event
	// Purges returns the object's other subjects in the same stream, which must be
	// purged once the tombstone is stored.
	Purges() []string
}

// Envelope is a decoded message: the event, and the attributes around it.
type Envelope struct {
	ID     string    // unique for each event; the same when a message is sent again
	Type   string    // the CloudEvents type
	Source string    // the sender, as a URI reference: "/dev-portal/catalog-api"
	Time   time.Time // when the event was encoded, UTC
	Event  Event     // one of the structs of this package, by value; nil for an unknown type
}

// Message is an encoded event.
type Message struct {
	Subject string
	Header  map[string][]string // names in lower case, except those of NATS
	Data    []byte              // JSON
	Purges  []string            // subjects to purge once the message is stored: see Tombstone
}

// Encode returns the message of e, to be published: with a new id, the present
// time, and Nats-Msg-Id equal to ce-id so that the stream stores it only once. It
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
		// Without the rollup the messages before would be the last ones again when the
		// tombstone expires.
		msg.Header[headerRollup], msg.Header[headerTTL] = []string{"sub"}, []string{TombstoneLife.String()}
		msg.Purges = t.Purges()
	}
	return msg, nil
}

// Decode decodes a message of any type of this package, also of a later version:
// unknown fields are ignored, unknown reasons, intervals and kinds are kept, and an unknown
// status becomes StatusUnknown, with its original value in the field StatusWord or the
// like. Its errors wrap ErrPoison or ErrUnknownType; with the latter the envelope has
// everything but the event.
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

// DecodeAs decodes a message of type E. For another type its error wraps ErrPoison.
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
	CallsFound{}.Type():       decodeData[CallsFound],
	ImpactChanged{}.Type():    decodeData[ImpactChanged],
	ScorecardChanged{}.Type(): decodeData[ScorecardChanged],
	ServiceCreated{}.Type():   decodeData[ServiceCreated],
	ServiceUpdated{}.Type():   decodeData[ServiceUpdated],
	ServiceDeleted{}.Type():   decodeData[ServiceDeleted],
	ServiceDeployed{}.Type():  decodeData[ServiceDeployed],
	StatusChanged{}.Type():    decodeData[StatusChanged],
	ProbePlanned{}.Type():     decodeData[ProbePlanned],
	ProbeCompleted{}.Type():   decodeData[ProbeCompleted],
	ProbeDelayed{}.Type():     decodeData[ProbeDelayed],
	ProbesCompleted{}.Type():  decodeData[ProbesCompleted],
	ReleasePublished{}.Type(): decodeData[ReleasePublished],
	ReleasesFound{}.Type():    decodeData[ReleasesFound],
	ShiftsFound{}.Type():      decodeData[ShiftsFound],
	TeamCreated{}.Type():      decodeData[TeamCreated],
	TeamUpdated{}.Type():      decodeData[TeamUpdated],
	TeamDeleted{}.Type():      decodeData[TeamDeleted],
}

func decodeData[E Event](data []byte) (Event, error) {
	var e E
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	if t, ok := any(&e).(interface{ translate() }); ok {
		t.translate()
	}
	return e, e.readable()
}

// get returns a header, ignoring the case of its name: NATS keeps the sender's case,
// and other CloudEvents libraries write some attributes differently.
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

// check returns nil if ok, and else an error formatted like fmt.Errorf.
func check(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// checkWord returns an error unless word is a code of lower-case letters, digits and
// underscores, possibly one that a later version added.
func checkWord(field, word string) error {
	ok := word != "" && len(word) <= 64 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
	return check(ok, "%s %.40q is not a word", field, word)
}

// checkID returns an error if id is not a UUID, because it becomes part of a subject.
func checkID(field, id string) error {
	return check(len(id) == 36 && uuid.Validate(id) == nil, "%s %.40q is not a UUID", field, id)
}
