package calendar_test

import (
	"errors"
	"testing"

	"github.com/dev-portal/dev-portal/services/fetcher/internal/calendar"
)

// Whatever a server answers has shifts that can be published, or a problem.
func FuzzParse(f *testing.F) {
	f.Add([]byte("BEGIN:VCALENDAR\nEND:VCALENDAR"))
	f.Add(calendarOf(eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260316T090000", "DURATION:P1W", "RRULE:FREQ=WEEKLY;BYDAY=MO")))
	f.Add(calendarOf(timezone, eventOf(`ATTENDEE;CN="Ada":mailto:ada@example.com`, "DTSTART;TZID=W. Europe Standard Time:20260316T090000", "DTEND:20260317T090000Z", "RDATE:20260318")))
	f.Add(calendarOf(eventOf("SUMMARY:Ada", "DTSTART;VALUE=DATE:20260316", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260317"), eventOf("RECURRENCE-ID:20260318T000000Z", "DTSTART:20260316")))
	f.Add(calendarOf(eventOf("SUMMARY:Ada", "DTSTART:20260316", "RRULE:FREQ=YEARLY;BYWEEKNO=53;BYDAY=-53SU;BYSETPOS=-1")))
	f.Fuzz(func(t *testing.T, body []byte) {
		found, err := calendar.Parse(body, now)
		if err == nil {
			publishable(t, found)
			return
		}
		if _, is := errors.AsType[*calendar.Error](err); !is {
			t.Errorf("got %v, which has no problem", err)
		}
	})
}
