package catalog

import (
	"cmp"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
)

// setOnCall gives the team another plan. A calendar without a URL keeps the one that is there.
func (t *Team) setOnCall(p *oncall.Plan) {
	p, address := normalPlan(p), ""
	if p != nil && p.Calendar != nil {
		address = cmp.Or(p.Calendar.URL, t.CalendarURL)
		p.Calendar = &oncall.Calendar{Host: hostOf(address)}
	}
	t.CalendarURL = address
	if !reflect.DeepEqual(t.OnCall, p) {
		t.OnCall = p
	}
}

// hostOf returns the host of a URL; "": it has none.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

// normalPlan returns a copy of the plan with its texts normalised, and webcal as https.
func normalPlan(p *oncall.Plan) *oncall.Plan {
	if p == nil {
		return nil
	}
	n := &oncall.Plan{Kind: p.Kind}
	if p.Contact != nil {
		contact := normalPerson(*p.Contact)
		n.Contact = &contact
	}
	if r := p.Rotation; r != nil {
		n.Rotation = &oncall.Rotation{
			People: make([]oncall.Person, len(r.People)), Overrides: make([]oncall.Override, len(r.Overrides)),
			Zone: strings.TrimSpace(r.Zone), Starts: r.Starts, ShiftDays: r.ShiftDays,
		}
		for i, person := range r.People {
			n.Rotation.People[i] = normalPerson(person)
		}
		for i, o := range r.Overrides {
			n.Rotation.Overrides[i] = oncall.Override{From: o.From, Until: o.Until, Person: normalPerson(o.Person)}
		}
	}
	if p.Calendar != nil {
		address := strings.TrimSpace(p.Calendar.URL)
		const webcal = "webcal://"
		if len(address) > len(webcal) && strings.EqualFold(address[:len(webcal)], webcal) {
			address = "https://" + address[len(webcal):]
		}
		n.Calendar = &oncall.Calendar{URL: address}
	}
	return n
}

func normalPerson(p oncall.Person) oncall.Person {
	trim := func(t oncall.Text) oncall.Text { return oncall.Text(strings.TrimSpace(string(t))) }
	return oncall.Person{Name: Label(p.Name), Email: trim(p.Email), Phone: trim(p.Phone), URL: trim(p.URL)}
}

// onCall checks the plan of a team.
func (v *validator) onCall(t *Team) {
	const field = "on_call"

	p := t.OnCall
	if p == nil {
		return
	}
	if !slices.Contains(oncall.Kinds, p.Kind) {
		v.add(field+".kind", "The kind must be one of "+events.Names(oncall.Kinds)+".", p.Kind)
		return
	}
	for _, kind := range oncall.Kinds {
		there := map[oncall.Kind]bool{oncall.ByContact: p.Contact != nil, oncall.ByRotation: p.Rotation != nil, oncall.ByCalendar: p.Calendar != nil}[kind]
		member := field + "." + string(kind)
		switch {
		case there && kind != p.Kind:
			v.add(member, fmt.Sprintf("A plan of the kind %s has no %s: remove it, or change the kind.", p.Kind, kind), nil)
		case !there && kind == p.Kind:
			v.add(member, fmt.Sprintf("A plan of the kind %s needs a %s.", p.Kind, kind), nil)
		case !there:
		case kind == oncall.ByContact:
			v.person(member, *p.Contact)
		case kind == oncall.ByRotation:
			v.rotation(member, *p.Rotation)
		case kind == oncall.ByCalendar:
			v.calendarURL(member+".url", t.CalendarURL)
		}
	}
}

func (v *validator) person(field string, p oncall.Person) {
	if p.Name == "" {
		v.add(field+".name", "A person needs a name.", p.Name)
	}
	v.label(field+".name", p.Name, MaxName)
	v.email(field+".email", string(p.Email))
	if wrong := wrongLength(string(p.Phone), oncall.MaxPhone); wrong != "" {
		v.add(field+".phone", wrong, nil)
	} else if strings.Trim(string(p.Phone), "0123456789 +()./-") != "" || p.Phone != "" && !strings.ContainsAny(string(p.Phone), "0123456789") {
		v.add(field+".phone", "A phone number has digits, spaces and + ( ) . / -", p.Phone)
	}
	v.url(field+".url", string(p.URL))
}

func (v *validator) rotation(field string, r oncall.Rotation) {
	switch n := len(r.People); {
	case n == 0:
		v.add(field+".people", "A rotation needs somebody.", nil)
	case n > oncall.MaxPeople:
		v.add(field+".people", fmt.Sprintf("At most %d people are allowed, but there are %d.", oncall.MaxPeople, n), nil)
	default:
		for i, person := range r.People {
			v.person(fmt.Sprintf("%s.people[%d]", field, i), person)
		}
	}
	if _, err := oncall.Zone(r.Zone); err != nil {
		v.add(field+".zone", "This is no time zone that is known here. Use its IANA name, such as Europe/Zurich.", r.Zone)
	}
	v.local(field+".starts", r.Starts)
	if r.ShiftDays < 1 || r.ShiftDays > oncall.MaxShiftDays {
		v.add(field+".shift_days", fmt.Sprintf("A shift has 1 to %d days.", oncall.MaxShiftDays), r.ShiftDays)
	}
	v.overrides(field+".overrides", r.Overrides)
}

// local checks a local time, and reports whether it is one.
func (v *validator) local(field string, l oncall.Local) bool {
	if !l.Valid() {
		v.add(field, "This is no date and time of the zone. Use the form 2026-11-30T09:00, without an offset.", l)
	}
	return l.Valid()
}

func (v *validator) overrides(field string, list []oncall.Override) {
	if len(list) > oncall.MaxOverrides {
		v.add(field, fmt.Sprintf("At most %d overrides are allowed, but there are %d.", oncall.MaxOverrides, len(list)), nil)
		return
	}
	var times []int // that can be compared
	for i, o := range list {
		name := fmt.Sprintf("%s[%d]", field, i)
		from, until := v.local(name+".from", o.From), v.local(name+".until", o.Until)
		switch {
		case !from || !until:
		case o.Until <= o.From:
			v.add(name+".until", "An override must end later than it begins.", o.Until)
		default:
			times = append(times, i)
		}
		v.person(name+".person", o.Person)
	}
	slices.SortStableFunc(times, func(a, b int) int { return cmp.Compare(list[a].From, list[b].From) })
	for n := 1; n < len(times); n++ { // each ends before the next begins, or one is named that does not
		before, i := times[n-1], times[n]
		if list[i].From < list[before].Until {
			v.add(fmt.Sprintf("%s[%d].from", field, i), fmt.Sprintf("This override begins before %s[%d] ends.", field, before), list[i].From)
		}
	}
}

// calendarURL checks the URL of a calendar, which no message repeats: it is a secret.
func (v *validator) calendarURL(field, raw string) {
	wrong := WrongLink(raw)
	if u, err := url.Parse(raw); err == nil && u.User != nil {
		wrong = "The URL of a calendar must not contain a user name or password: use the secret address that calendars have for this."
	}
	if raw == "" {
		wrong = "A calendar needs its URL."
	}
	if wrong != "" {
		v.add(field, wrong, nil)
	}
}

// onCallSettings returns the plans of two states of a team, for the differences between them.
// That only the URL of a calendar changed is said without telling it.
func onCallSettings(before, after *Team) (was, is setting) {
	of := func(t *Team) setting {
		if t == nil || t.OnCall == nil {
			return setting{"on_call", nil}
		}
		return setting{"on_call", t.OnCall}
	}
	was, is = of(before), of(after)
	if before != nil && after != nil && before.CalendarURL != after.CalendarURL && reflect.DeepEqual(was, is) {
		is.value = &oncall.Plan{Kind: oncall.ByCalendar, Calendar: &oncall.Calendar{Host: after.OnCall.Calendar.Host, URL: "changed"}}
	}
	return was, is
}

// WithCalendar returns the slugs of those teams whose plan is a calendar.
func WithCalendar(teams []Team) (slugs []string) {
	for _, t := range teams {
		if t.CalendarURL != "" {
			slugs = append(slugs, t.Slug)
		}
	}
	return slugs
}
