package deployment

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Event is what the portal reads of a CloudEvent 1.0 whose data is JSON.
type Event struct {
	ID     string // with Source, that of no other event
	Source string
	Type   string
	Time   time.Time // zero: it does not say
	Data   json.RawMessage
}

// attributes are those of an Event, as they are sent.
type attributes struct {
	SpecVersion string `json:"specversion"`
	ID          string `json:"id"`
	Source      string `json:"source"`
	Type        string `json:"type"`
	Time        string `json:"time"`
}

// ParseEvent reads an event in structured mode (CloudEvents 1.0, JSON event format).
func ParseEvent(body []byte) (Event, error) {
	var e struct {
		attributes
		Data   json.RawMessage `json:"data"`
		Base64 []byte          `json:"data_base64"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, err
	}
	if len(e.Base64) > 0 {
		e.Data = e.Base64
	}
	return e.event(e.Data)
}

// ReadEvent reads an event in binary mode (CloudEvents 1.0, HTTP protocol binding, section
// 3.1): header returns a header of the request, whose body is the data.
func ReadEvent(header func(name string) string, body []byte) (Event, error) {
	a := attributes{header("Ce-Specversion"), header("Ce-Id"), header("Ce-Source"), header("Ce-Type"), header("Ce-Time")}
	return a.event(body)
}

// event returns the event. Its error is for whoever sent it.
func (a attributes) event(data []byte) (Event, error) {
	e := Event{ID: a.ID, Source: a.Source, Type: a.Type, Data: data}
	if a.SpecVersion != "1.0" {
		return e, fmt.Errorf("its specversion is %.20q, not 1.0", a.SpecVersion)
	}
	if a.ID == "" || a.Source == "" || a.Type == "" {
		return e, errors.New("it lacks one of id, source and type")
	}
	if a.Time != "" {
		var err error
		if e.Time, err = time.Parse(time.RFC3339, a.Time); err != nil {
			return e, fmt.Errorf("its time is %.40q, which is not as in RFC 3339", a.Time)
		}
	}
	if !json.Valid(data) {
		return e, errors.New("its data is not JSON")
	}
	return e, nil
}
