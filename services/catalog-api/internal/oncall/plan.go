// Package oncall says who is on call for a team at a moment: by a contact, by a rotation of
// people, or by a calendar that is read elsewhere. It uses no database, no network and no
// clock; the time zones are those of the machine, or linked by the program.
package oncall

import (
	"encoding/json"
	"time"
)

// The limits of a plan; lengths are in characters.
const (
	MaxPeople    = 50
	MaxOverrides = 100
	MaxShiftDays = 366
	MaxPhone     = 40
	MaxShifts    = 1000 // that one answer has
)

// Kind is how a plan says who is on call.
type Kind string

// The kinds of plans.
const (
	ByContact  Kind = "contact"  // always the same
	ByRotation Kind = "rotation" // people in turn
	ByCalendar Kind = "calendar" // as events of a calendar have it
)

// Kinds are all kinds.
var Kinds = []Kind{ByContact, ByRotation, ByCalendar}

// Plan says who is on call for a team. It has the member of its kind, and no other. It is
// never changed: another plan takes its place.
type Plan struct {
	Kind     Kind      `json:"kind" enum:"contact,rotation,calendar" doc:"Which of the other members there is."`
	Contact  *Person   `json:"contact,omitempty" doc:"Who is always on call."`
	Rotation *Rotation `json:"rotation,omitempty" doc:"Who is on call in turn."`
	Calendar *Calendar `json:"calendar,omitempty" doc:"A calendar whose events say who is on call."`
}

// Person is somebody, or a desk, who is on call. An empty text means that it is not known.
type Person struct {
	Name  string `json:"name" minLength:"1" maxLength:"100" example:"Ada"`
	Email Text   `json:"email" nullable:"true" maxLength:"254" doc:"The mail address." example:"ada@example.com"`
	Phone Text   `json:"phone" nullable:"true" maxLength:"40" doc:"Digits, spaces and + ( ) . / -" example:"+41 44 000 00 00"`
	URL   Text   `json:"url" nullable:"true" maxLength:"2000" doc:"Where one calls them: a page of http or https."`
}

// Text is null in JSON when it is empty.
type Text string

// MarshalJSON implements json.Marshaler.
func (t Text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// Rotation is people who are on call in turn. Its times are those of clocks on the wall, so a
// handover is at the same hour in summer and in winter.
type Rotation struct {
	People    []Person   `json:"people" nullable:"false" minItems:"1" maxItems:"50" doc:"In their order; somebody may come twice."`
	Zone      string     `json:"zone" doc:"The time zone, as IANA names it." example:"Europe/Zurich"`
	Starts    Local      `json:"starts" doc:"The first handover, in the zone: from then on it is the first person, and nobody before." example:"2026-11-30T09:00"`
	ShiftDays int        `json:"shift_days" minimum:"1" maximum:"366" doc:"Days in the zone from one handover to the next." example:"7"`
	Overrides []Override `json:"overrides" nullable:"false" maxItems:"100" doc:"Times in which somebody else is on call. They do not overlap."`
}

// Override is a time in which somebody else is on call than the rotation has it.
type Override struct {
	From   Local  `json:"from" doc:"In the zone of the rotation." example:"2026-12-24T09:00"`
	Until  Local  `json:"until" doc:"In the zone of the rotation; later than from." example:"2026-12-26T09:00"`
	Person Person `json:"person"`
}

// Calendar is a calendar that says who is on call. Its URL is a secret.
type Calendar struct {
	URL  string `json:"url,omitempty" writeOnly:"true" maxLength:"2000" doc:"Of an iCalendar file, by http, https or webcal. It is written and never read: absent, it stays as it is."`
	Host string `json:"host,omitempty" doc:"The host of the URL; ignored in requests." example:"calendar.example.com"`
}

// Shift is a time in which somebody is on call.
type Shift struct {
	Person   Person     `json:"person"`
	From     *time.Time `json:"from" doc:"null: since ever."`
	Until    *time.Time `json:"until" doc:"When it is over: the first moment after it. null: never, or after the year 9999."`
	Override bool       `json:"override" doc:"It is an override of a rotation."`
}

// Reading is what was read of a calendar last. A calendar that was not read yet has the zero Reading.
type Reading struct {
	ReadAt      time.Time // zero: it was not read yet
	Problem     string    // why it could not be read the last time; empty: it could
	CoversUntil time.Time // what begins later is not known; zero: there is no such time
	Shifts      []Shift   // in the order of their beginnings; each has both
}

// Duty is who is on call at a moment.
type Duty struct {
	Now       []Shift   // none: nobody is, or it is not known
	Next      []Shift   // which begin at the next moment at which any does; none: it is not known
	ChangesAt time.Time // the next moment at which Now changes; zero: never, or it is not known
}

// At returns who is on call at a time. Of a calendar it needs what was read. A nil plan has
// nobody. It fails if the zone of a rotation is not known.
func (p *Plan) At(at time.Time, read Reading) (Duty, error) {
	switch {
	case p == nil:
		return Duty{}, nil
	case p.Contact != nil:
		return Duty{Now: []Shift{{Person: *p.Contact}}}, nil
	case p.Rotation == nil: // it is a calendar, or of a kind that a later version has
		return read.at(at), nil
	}
	turns, err := p.Rotation.turns()
	if err != nil {
		return Duty{}, err
	}
	return turns.at(at), nil
}

// Shifts returns the whole shifts that overlap a time, in the order of their beginnings,
// MaxShifts of them at most. Else it is as At.
func (p *Plan) Shifts(from, to time.Time, read Reading) ([]Shift, error) {
	switch {
	case p == nil:
		return nil, nil
	case p.Contact != nil:
		return []Shift{{Person: *p.Contact}}, nil
	case p.Rotation == nil:
		return read.between(from, to), nil
	}
	turns, err := p.Rotation.turns()
	if err != nil {
		return nil, err
	}
	return turns.between(from, to), nil
}
