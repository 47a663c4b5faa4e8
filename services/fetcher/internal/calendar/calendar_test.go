package calendar_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/calendar"
)

// now is a Monday morning in the week in which the samples are read.
var now = time.Date(2026, time.March, 16, 10, 0, 0, 0, time.UTC)

// calendarOf returns a calendar with these lines in it.
func calendarOf(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Test//EN\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCALENDAR\r\n")
}

// eventOf returns an event with these lines in it.
func eventOf(lines ...string) string {
	return "BEGIN:VEVENT\r\nUID:1@example.com\r\nDTSTAMP:20260301T000000Z\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT"
}

// told returns the shifts as texts such as "Ada <ada@example.com> 16 Mar 09:00 to 23 Mar 09:00".
func told(shifts []events.Shift) (list []string) {
	for _, s := range shifts {
		who := s.Name
		if s.Email != "" {
			who += " <" + s.Email + ">"
		}
		list = append(list, who+" "+s.From.Format("2 Jan 15:04")+" to "+s.Until.Format("2 Jan 15:04"))
	}
	return list
}

// parsed returns the shifts in a calendar, which must be fit to be published.
func parsed(t *testing.T, body []byte, now time.Time) calendar.Found {
	t.Helper()
	found, err := calendar.Parse(body, now)
	if err != nil {
		t.Fatal(err)
	}
	publishable(t, found)
	return found
}

func publishable(t *testing.T, found calendar.Found) {
	t.Helper()
	e := events.ShiftsFound{Slug: "payments", URLDigest: strings.Repeat("0", 64), ReadAt: now, Shifts: found.Shifts, CoversUntil: found.CoversUntil}
	msg, err := events.Encode("/test", e)
	if err == nil {
		_, err = events.Decode(msg.Header, msg.Data)
	}
	if err != nil {
		t.Errorf("cannot be published: %v", err)
	}
}

func TestShiftsOfEvents(t *testing.T) {
	for name, tc := range map[string]struct {
		lines []string
		want  []string
	}{
		"nothing": {nil, nil},
		"one in UTC": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DTEND:20260323T090000Z")},
			[]string{"Ada 16 Mar 09:00 to 23 Mar 09:00"},
		},
		"in a zone": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260316T090000", "DTEND;TZID=Europe/Zurich:20260323T090000")},
			[]string{"Ada 16 Mar 08:00 to 23 Mar 08:00"},
		},
		"floating, in the zone of the calendar": {
			[]string{"X-WR-TIMEZONE:America/New_York", eventOf("SUMMARY:Ada", "DTSTART:20260316T090000", "DTEND:20260317T090000")},
			[]string{"Ada 16 Mar 13:00 to 17 Mar 13:00"},
		},
		"floating, where there is no zone": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20260316T090000", "DTEND:20260317T090000")},
			[]string{"Ada 16 Mar 09:00 to 17 Mar 09:00"},
		},
		"all day, without an end": {
			[]string{"X-WR-TIMEZONE:Europe/Zurich", eventOf("SUMMARY:Ada", "DTSTART;VALUE=DATE:20260316")},
			[]string{"Ada 15 Mar 23:00 to 16 Mar 23:00"},
		},
		"all day, for a week": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;VALUE=DATE:20260316", "DTEND;VALUE=DATE:20260323")},
			[]string{"Ada 16 Mar 00:00 to 23 Mar 00:00"},
		},
		"with a duration": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DURATION:P1DT2H30M")},
			[]string{"Ada 16 Mar 09:00 to 17 Mar 11:30"},
		},
		"a duration of days over a change of the clocks": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260326T090000", "DURATION:P1W")},
			[]string{"Ada 26 Mar 08:00 to 2 Apr 07:00"},
		},
		"a duration of hours over a change of the clocks": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260326T090000", "DURATION:PT168H")},
			[]string{"Ada 26 Mar 08:00 to 2 Apr 08:00"},
		},
		"an end in another zone": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260316T090000", "DTEND;TZID=America/New_York:20260316T090000")},
			[]string{"Ada 16 Mar 08:00 to 16 Mar 13:00"},
		},
		"an hour that is skipped": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260329T023000", "DTEND;TZID=Europe/Zurich:20260329T060000")},
			[]string{"Ada 29 Mar 01:30 to 29 Mar 04:00"},
		},
		"an hour that comes twice": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=America/New_York:20260314T090000", "DTEND;TZID=America/New_York:20261101T013000")},
			[]string{"Ada 14 Mar 13:00 to 1 Nov 05:30"},
		},
		"folded lines, line feeds alone, names in lower case": {
			[]string{"begin:vevent\ndtstart:20260316\n T090000Z\ndtend:20260317T090000Z\nsummary:Ada Love\n\tlace\\, née\n  Byron\nend:vevent"},
			[]string{"Ada Lovelace, née Byron 16 Mar 09:00 to 17 Mar 09:00"},
		},
		"cancelled": {
			[]string{eventOf("SUMMARY:Ada", "STATUS:CANCELLED", "DTSTART:20260316T090000Z", "DTEND:20260317T090000Z")}, nil,
		},
		"free time counts": {
			[]string{eventOf("SUMMARY:Ada", "TRANSP:TRANSPARENT", "DTSTART:20260316T090000Z", "DTEND:20260317T090000Z")},
			[]string{"Ada 16 Mar 09:00 to 17 Mar 09:00"},
		},
		"over for a day, running, and far ahead": {
			[]string{
				eventOf("SUMMARY:Past", "DTSTART:20260310T090000Z", "DTEND:20260315T100000Z"),
				eventOf("SUMMARY:Yesterday", "DTSTART:20260310T090000Z", "DTEND:20260315T100001Z"),
				eventOf("SUMMARY:Soon", "DTSTART:20260515T095959Z", "DTEND:20260517T000000Z"),
				eventOf("SUMMARY:Late", "DTSTART:20260515T100000Z", "DTEND:20260517T000000Z"),
			},
			[]string{"Yesterday 10 Mar 09:00 to 15 Mar 10:00", "Soon 15 May 09:59 to 17 May 00:00"},
		},
		"without an end, or one before its beginning": {
			[]string{
				eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z"), eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DTEND:20260316T080000Z"),
			}, nil,
		},
		"the same twice": {
			[]string{
				eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DTEND:20260317T090000Z"),
				eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260316T100000", "DTEND:20260317T090000Z"),
			},
			[]string{"Ada 16 Mar 09:00 to 17 Mar 09:00"},
		},
		"two at once": {
			[]string{
				eventOf("SUMMARY:Grace", "DTSTART:20260316T090000Z", "DTEND:20260317T090000Z"),
				eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DTEND:20260317T090000Z"),
			},
			[]string{"Ada 16 Mar 09:00 to 17 Mar 09:00", "Grace 16 Mar 09:00 to 17 Mar 09:00"},
		},
		"things beside events": {
			[]string{
				"BEGIN:VTODO\r\nSUMMARY:Buy milk\r\nDTSTART:20260316T090000Z\r\nEND:VTODO",
				eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "BEGIN:VALARM", "TRIGGER:-PT15M", "DURATION:PT9H", "SUMMARY:Wake up", "END:VALARM", "DTEND:20260317T090000Z"),
			},
			[]string{"Ada 16 Mar 09:00 to 17 Mar 09:00"},
		},
		"two calendars in one": {
			[]string{
				eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DTEND:20260317T090000Z"), "END:VCALENDAR", "", "BEGIN:VCALENDAR",
				eventOf("SUMMARY:Grace", "DTSTART:20260317T090000Z", "DTEND:20260318T090000Z"),
			},
			[]string{"Ada 16 Mar 09:00 to 17 Mar 09:00", "Grace 17 Mar 09:00 to 18 Mar 09:00"},
		},
		"one that cannot be read, beside one that can": {
			[]string{
				eventOf("SUMMARY:Grace", "DTSTART:soon", "DTEND:20260318T090000Z"),
				eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DTEND:20260317T090000Z"),
			},
			[]string{"Ada 16 Mar 09:00 to 17 Mar 09:00"},
		},
		"until the end of time": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DTEND;TZID=America/New_York:99991231T235959")},
			[]string{"Ada 16 Mar 09:00 to 31 Dec 23:59"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := told(parsed(t, calendarOf(tc.lines...), now).Shifts); !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestWhoIsOnCall(t *testing.T) {
	for name, tc := range map[string]struct {
		lines []string
		want  []string
	}{
		"whom the summary names":           {[]string{"SUMMARY:On call: Ada"}, []string{"On call: Ada"}},
		"an attendee":                      {[]string{"SUMMARY:Duty", "ATTENDEE;CN=Ada Lovelace:mailto:ada@example.com"}, []string{"Ada Lovelace <ada@example.com>"}},
		"an attendee in quotes":            {[]string{`ATTENDEE;CN="Lovelace, Ada":MAILTO:ada@example.com`}, []string{"Lovelace, Ada <ada@example.com>"}},
		"an attendee without a name":       {[]string{"SUMMARY:Ada - Payments", "ATTENDEE:ada@example.com"}, []string{"Ada - Payments <ada@example.com>"}},
		"an attendee with an address only": {[]string{"ATTENDEE:mailto:ada@example.com"}, []string{"ada@example.com <ada@example.com>"}},
		"an attendee with another URI":     {[]string{"ATTENDEE;CN=Ada:urn:uuid:1"}, []string{"Ada"}},
		"two attendees": {
			[]string{"SUMMARY:Duty", "ATTENDEE;CN=Ada:mailto:ada@example.com", "ATTENDEE:mailto:grace@example.com"},
			[]string{"Ada <ada@example.com>", "grace@example.com <grace@example.com>"},
		},
		"one of two has declined": {
			[]string{"ATTENDEE;CN=Ada;PARTSTAT=DECLINED:mailto:ada@example.com", "ATTENDEE;CN=Grace;PARTSTAT=TENTATIVE:mailto:grace@example.com"},
			[]string{"Grace <grace@example.com>"},
		},
		"who is asked has declined": {[]string{"SUMMARY:Duty", "ATTENDEE;CN=Ada;PARTSTAT=DECLINED:mailto:ada@example.com"}, nil},
		"a room is nobody":          {[]string{"SUMMARY:Ada", "ATTENDEE;CUTYPE=ROOM;CN=Tower:mailto:tower@example.com"}, []string{"Ada"}},
		"nobody":                    {[]string{"DESCRIPTION:Duty"}, nil},
		"an organizer is nobody":    {[]string{"ORGANIZER;CN=Boss:mailto:boss@example.com"}, nil},
		"in several lines":          {[]string{`SUMMARY: Ada \n  Lovelace` + "\x01"}, []string{"Ada Lovelace"}},
		"without end":               {[]string{"SUMMARY:" + strings.Repeat("ä", 3000)}, []string{strings.Repeat("ä", 100)}},
		"not UTF-8":                 {[]string{"SUMMARY:Ad\xffa"}, []string{"Ada"}},
		"a script":                  {[]string{"SUMMARY:<script>alert(1)</script>", "ATTENDEE;CN=:javascript:alert(1)@b"}, []string{"<script>alert(1)</script>"}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := append([]string{"DTSTART:20260316T090000Z", "DTEND:20260317T090000Z"}, tc.lines...)
			var want []string
			for _, who := range tc.want {
				want = append(want, who+" 16 Mar 09:00 to 17 Mar 09:00")
			}
			if got := told(parsed(t, calendarOf(eventOf(lines...)), now).Shifts); !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestCalendarsThatCannotBeRead(t *testing.T) {
	deep := strings.Repeat("BEGIN:X\r\n", 300_000)
	for name, tc := range map[string]struct {
		body []byte
		want events.FeedProblem
		text string
	}{
		"empty":                {nil, events.FeedBadAnswer, "no calendar"},
		"a page":               {[]byte("<!doctype html>\n<title>Log in</title>"), events.FeedBadAnswer, "begin as a calendar does"},
		"a page with a colon":  {[]byte("<a href=https://example.com>Log in</a>"), events.FeedBadAnswer, "outside of the calendar"},
		"JSON":                 {[]byte(`{"error":"unauthorized"}`), events.FeedBadAnswer, "outside of the calendar"},
		"noise":                {[]byte{0, 1, 2, 0xff, 0xfe, '\n', ':', 0}, events.FeedBadAnswer, ""},
		"a beginning":          {[]byte("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n"), events.FeedBadAnswer, "only the beginning"},
		"an end too many":      {calendarOf("END:VCALENDAR"), events.FeedBadAnswer, "ends at the wrong place"},
		"ends in disorder":     {calendarOf("BEGIN:VEVENT", "BEGIN:VALARM", "END:VEVENT", "END:VALARM"), events.FeedBadAnswer, "ends at the wrong place"},
		"an event outside":     {[]byte("BEGIN:VEVENT\r\nEND:VEVENT\r\n"), events.FeedBadAnswer, "begins at the wrong place"},
		"a calendar within":    {calendarOf("BEGIN:VCALENDAR", "END:VCALENDAR"), events.FeedBadAnswer, "begins at the wrong place"},
		"nested without end":   {calendarOf(deep), events.FeedBadAnswer, "nested deeper"},
		"only what is broken":  {calendarOf(eventOf("DTSTART:soon")), events.FeedBadAnswer, "DTSTART"},
		"a zone of nobody's":   {calendarOf(eventOf("SUMMARY:Ada", "DTSTART;TZID=Mars/Olympus:20260316T090000", "DURATION:P1D")), events.FeedBadAnswer, "no such time zone"},
		"a zone that is local": {calendarOf(eventOf("SUMMARY:Ada", "DTSTART;TZID=Local:20260316T090000", "DURATION:P1D")), events.FeedBadAnswer, "no such time zone"},
		"a zone in a folder":   {calendarOf(eventOf("SUMMARY:Ada", "DTSTART;TZID=../../etc/passwd:20260316T090000", "DURATION:P1D")), events.FeedBadAnswer, "no such time zone"},
		"before all":           {calendarOf(eventOf("SUMMARY:Ada", "DTSTART:00010101T000000Z", "RRULE:FREQ=DAILY", "DURATION:PT24H")), events.FeedBadAnswer, "began before"},
		"each second":          {calendarOf(eventOf("SUMMARY:Ada", "DTSTART:20260101T000000Z", "RRULE:FREQ=SECONDLY", "DURATION:PT1S")), events.FeedBadAnswer, "more often than once an hour"},
		"a line without end":   {calendarOf(eventOf("SUMMARY:" + strings.Repeat("a", 40<<10))), events.FeedTooLarge, "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := calendar.Parse(tc.body, now)
			failed, is := errors.AsType[*calendar.Error](err)
			if !is || failed.Problem != tc.want || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("got %+v, %v; want %s, with %q", found, err, tc.want, tc.text)
			}
		})
	}
}

// What is told ends before it is too much, and says where.
func TestMoreShiftsThanAreTold(t *testing.T) {
	hourly := eventOf("SUMMARY:Ada", "DTSTART:20260316T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY")
	found := parsed(t, calendarOf(hourly), now)
	last := time.Date(2026, time.March, 16, 0, 0, 0, 0, time.UTC).Add(events.MaxShifts * time.Hour)
	if len(found.Shifts) != events.MaxShifts || !found.CoversUntil.Equal(last) {
		t.Errorf("%d shifts until %s, want %d until %s", len(found.Shifts), found.CoversUntil, events.MaxShifts, last)
	}
	wide := eventOf("SUMMARY:"+strings.Repeat("<", 100), "DTSTART:20260316T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY")
	if found = parsed(t, calendarOf(wide), now); len(found.Shifts) == events.MaxShifts || !found.CoversUntil.Equal(found.Shifts[len(found.Shifts)-1].Until) {
		t.Errorf("%d shifts until %s", len(found.Shifts), found.CoversUntil)
	}
	weekly := eventOf("SUMMARY:Ada", "DTSTART:20260316T000000Z", "DURATION:P7D", "RRULE:FREQ=WEEKLY")
	if found = parsed(t, calendarOf(weekly), now); !found.CoversUntil.Equal(now.AddDate(0, 0, 60)) || len(found.Shifts) != 9 {
		t.Errorf("%d shifts until %s", len(found.Shifts), found.CoversUntil)
	}
}

func TestHowManyEventsWereNotRead(t *testing.T) {
	found := parsed(t, calendarOf(
		eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DTEND:20260317T090000Z"), eventOf("DTSTART:soon"),
		eventOf("SUMMARY:Ada", "DTSTART;TZID=Mars/Olympus:20260316T090000", "DURATION:P1D"),
	), now)
	if found.Skipped != 2 || len(found.Shifts) != 1 {
		t.Errorf("%d events were not read, and %d shifts were", found.Skipped, len(found.Shifts))
	}
}

// Ten thousand events of the past cost nothing; as many to come are cut.
func TestTenThousandEvents(t *testing.T) {
	many := func(year int) []byte {
		lines := make([]string, 10_000)
		for i := range lines {
			from := time.Date(year, time.March, 17, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
			lines[i] = fmt.Sprintf("BEGIN:VEVENT\r\nUID:%d\r\nSUMMARY:Ada %d\r\nDTSTART:%s\r\nDURATION:PT1M\r\nEND:VEVENT", i, i, from.Format("20060102T150405Z"))
		}
		return calendarOf(lines...)
	}
	if found := parsed(t, many(2020), now); len(found.Shifts) != 0 {
		t.Errorf("%d shifts of the past", len(found.Shifts))
	}
	if found := parsed(t, many(2026), now); len(found.Shifts) != events.MaxShifts {
		t.Errorf("%d shifts", len(found.Shifts))
	}
}
