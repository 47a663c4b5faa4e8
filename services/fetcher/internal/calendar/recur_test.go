package calendar_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/calendar"
)

// timezone is one as Outlook writes it: of a name that nobody else knows, and from 1601 on.
const timezone = "BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\n" +
	"BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n" +
	"BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\n" +
	"END:VTIMEZONE"

func TestShiftsThatRecur(t *testing.T) {
	for name, tc := range map[string]struct {
		lines []string
		want  []string
	}{
		"each week, over a change of the clocks": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260105T090000", "DTEND;TZID=Europe/Zurich:20260112T090000", "RRULE:FREQ=WEEKLY;UNTIL=20260406T070000Z")},
			[]string{"Ada 9 Mar 08:00 to 16 Mar 08:00", "Ada 16 Mar 08:00 to 23 Mar 08:00", "Ada 23 Mar 08:00 to 30 Mar 07:00", "Ada 30 Mar 07:00 to 6 Apr 07:00", "Ada 6 Apr 07:00 to 13 Apr 07:00"},
		},
		"two weeks of four, each by its own event": {
			[]string{
				eventOf("SUMMARY:Ada", "DTSTART:20260302T090000Z", "DURATION:P2W", "RRULE:FREQ=WEEKLY;INTERVAL=4;COUNT=2"),
				eventOf("SUMMARY:Grace", "DTSTART:20260316T090000Z", "DURATION:P2W", "RRULE:FREQ=WEEKLY;INTERVAL=4;COUNT=1"),
			},
			[]string{"Ada 2 Mar 09:00 to 16 Mar 09:00", "Grace 16 Mar 09:00 to 30 Mar 09:00", "Ada 30 Mar 09:00 to 13 Apr 09:00"},
		},
		"on workdays": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20200106T090000Z", "DURATION:PT8H", "RRULE:FREQ=WEEKLY;WKST=MO;BYDAY=MO,WE,FR;UNTIL=20260321")},
			[]string{"Ada 16 Mar 09:00 to 16 Mar 17:00", "Ada 18 Mar 09:00 to 18 Mar 17:00", "Ada 20 Mar 09:00 to 20 Mar 17:00"},
		},
		"on the second Tuesday": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20260113T090000Z", "DURATION:PT8H", "RRULE:FREQ=MONTHLY;BYDAY=2TU")},
			[]string{"Ada 14 Apr 09:00 to 14 Apr 17:00", "Ada 12 May 09:00 to 12 May 17:00"},
		},
		"on the last workday": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20260130T090000Z", "DURATION:PT8H", "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1")},
			[]string{"Ada 31 Mar 09:00 to 31 Mar 17:00", "Ada 30 Apr 09:00 to 30 Apr 17:00"},
		},
		"each year, a day": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;VALUE=DATE:20160403", "RRULE:FREQ=YEARLY")},
			[]string{"Ada 3 Apr 00:00 to 4 Apr 00:00"},
		},
		"each twelve hours": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20260315T120000Z", "DURATION:PT6H", "RRULE:FREQ=HOURLY;INTERVAL=12;COUNT=3")},
			[]string{"Ada 15 Mar 12:00 to 15 Mar 18:00", "Ada 16 Mar 00:00 to 16 Mar 06:00", "Ada 16 Mar 12:00 to 16 Mar 18:00"},
		},
		"until a day in the zone": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=Pacific/Auckland:20260316T200000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20260317")},
			[]string{"Ada 16 Mar 07:00 to 16 Mar 08:00", "Ada 17 Mar 07:00 to 17 Mar 08:00"},
		},
		"until a moment": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=Pacific/Auckland:20260316T200000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20260317T070000Z")},
			[]string{"Ada 16 Mar 07:00 to 16 Mar 08:00", "Ada 17 Mar 07:00 to 17 Mar 08:00"},
		},
		"until a year ago": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20250302T090000Z", "DURATION:P1D", "RRULE:FREQ=DAILY;UNTIL=20250316T090000Z")}, nil,
		},
		"but not then": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260316T090000", "DTEND;TZID=Europe/Zurich:20260316T170000", "RRULE:FREQ=DAILY;COUNT=4",
				"EXDATE;TZID=Europe/Zurich:20260317T090000", "EXDATE:20260318T080000Z,20260401T080000Z")},
			[]string{"Ada 16 Mar 08:00 to 16 Mar 16:00", "Ada 19 Mar 08:00 to 19 Mar 16:00"},
		},
		"but not on that day": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE;VALUE=DATE:20260317")},
			[]string{"Ada 16 Mar 09:00 to 16 Mar 17:00"},
		},
		"but not then, in the zone that is not repeated": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260316T090000", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE:20260317T090000")},
			[]string{"Ada 16 Mar 08:00 to 16 Mar 16:00"},
		},
		"also then": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DTEND:20260316T170000Z",
				"RDATE:20260318T120000Z", "RDATE;VALUE=PERIOD:20260320T090000Z/20260320T100000Z,20260321T090000Z/PT3H")},
			[]string{"Ada 16 Mar 09:00 to 16 Mar 17:00", "Ada 18 Mar 12:00 to 18 Mar 20:00", "Ada 20 Mar 09:00 to 20 Mar 10:00", "Ada 21 Mar 09:00 to 21 Mar 12:00"},
		},
		"by a rule, and also then": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=1", "RDATE:20260318T120000Z")},
			[]string{"Ada 16 Mar 09:00 to 16 Mar 17:00", "Ada 18 Mar 12:00 to 18 Mar 20:00"},
		},
		"once by somebody else, at another time": {
			[]string{
				eventOf("SUMMARY:Ada", "DTSTART;TZID=Europe/Zurich:20260316T090000", "DTEND;TZID=Europe/Zurich:20260316T170000", "RRULE:FREQ=DAILY;COUNT=3"),
				eventOf("SUMMARY:Grace", "RECURRENCE-ID;TZID=Europe/Zurich:20260317T090000", "DTSTART;TZID=Europe/Zurich:20260317T100000", "DTEND;TZID=Europe/Zurich:20260317T170000"),
			},
			[]string{"Ada 16 Mar 08:00 to 16 Mar 16:00", "Grace 17 Mar 09:00 to 17 Mar 16:00", "Ada 18 Mar 08:00 to 18 Mar 16:00"},
		},
		"once moved into the past": {
			[]string{
				eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=2"),
				eventOf("SUMMARY:Ada", "RECURRENCE-ID:20260317T090000Z", "DTSTART:20250101T090000Z", "DURATION:PT8H"),
			},
			[]string{"Ada 16 Mar 09:00 to 16 Mar 17:00"},
		},
		"once cancelled, told before the event": {
			[]string{
				eventOf("SUMMARY:Ada", "STATUS:CANCELLED", "RECURRENCE-ID:20260317T090000Z", "DTSTART:20260317T090000Z", "DURATION:PT8H"),
				eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DURATION:PT8H", "RRULE:FREQ=DAILY;COUNT=2"),
			},
			[]string{"Ada 16 Mar 09:00 to 16 Mar 17:00"},
		},
		"of another event, nothing changes": {
			[]string{
				eventOf("SUMMARY:Ada", "DTSTART:20260316T090000Z", "DURATION:PT8H"),
				"BEGIN:VEVENT\r\nUID:2@example.com\r\nSUMMARY:Grace\r\nRECURRENCE-ID:20260316T090000Z\r\nDTSTART:20260316T090000Z\r\nDURATION:PT8H\r\nEND:VEVENT",
			},
			[]string{"Ada 16 Mar 09:00 to 16 Mar 17:00", "Grace 16 Mar 09:00 to 16 Mar 17:00"},
		},
		"in a zone of the calendar's own": {
			[]string{timezone, eventOf("SUMMARY:Ada", "DTSTART;TZID=W. Europe Standard Time:20260323T090000", "DTEND;TZID=W. Europe Standard Time:20260330T090000", "RRULE:FREQ=WEEKLY;COUNT=2")},
			[]string{"Ada 23 Mar 08:00 to 30 Mar 07:00", "Ada 30 Mar 07:00 to 6 Apr 07:00"},
		},
		"in a zone in quotes, told after the event": {
			[]string{eventOf("SUMMARY:Ada", `DTSTART;TZID="W. Europe Standard Time":20260323T090000`, "DURATION:PT1H"), timezone},
			[]string{"Ada 23 Mar 08:00 to 23 Mar 09:00"},
		},
		"in a zone with a path": {
			[]string{eventOf("SUMMARY:Ada", "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Zurich:20260323T090000", "DURATION:PT1H")},
			[]string{"Ada 23 Mar 08:00 to 23 Mar 09:00"},
		},
		"in a zone that changes once": {
			[]string{
				"BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:20260320T000000\r\nTZOFFSETFROM:+0530\r\nTZOFFSETTO:-013015\r\nEND:STANDARD\r\nEND:VTIMEZONE",
				eventOf("SUMMARY:Ada", "DTSTART;TZID=Ours:20260316T090000", "DURATION:PT1H"), eventOf("SUMMARY:Grace", "DTSTART;TZID=Ours:20260323T090000", "DURATION:PT1H"),
			},
			[]string{"Ada 16 Mar 03:30 to 16 Mar 04:30", "Grace 23 Mar 10:30 to 23 Mar 11:30"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := told(parsed(t, calendarOf(tc.lines...), now).Shifts); !slices.Equal(got, tc.want) {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// A zone of the calendar's own is as that of the system, at each hour of three years.
func TestZoneOfTheCalendar(t *testing.T) {
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2028; at = at.AddDate(0, 0, 40) {
		body := calendarOf(timezone, eventOf("SUMMARY:Ada", "DTSTART;TZID=W. Europe Standard Time:"+at.Format("20060102T150405"), "DURATION:PT1H", "RRULE:FREQ=HOURLY;COUNT=400"))
		var want []string
		for i := range 400 {
			wall := at.Add(time.Duration(i) * time.Hour)
			from := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), 0, 0, 0, zurich).UTC()
			want = append(want, "Ada "+from.Format("2 Jan 15:04")+" to "+from.Add(time.Hour).Format("2 Jan 15:04"))
		}
		slices.Sort(want)
		got := told(parsed(t, body, at.Add(12*time.Hour)).Shifts)
		slices.Sort(got)
		if want = slices.Compact(want); !slices.Equal(got, want) { // an hour that is skipped is that after it
			t.Errorf("from %s: got %d shifts, want %d", at, len(got), len(want))
		}
	}
}

// Rules that take a library for ever, or make it panic, do so to no calendar.
func TestHostileRules(t *testing.T) {
	for name, rule := range map[string]string{
		"an hour that never comes":      "FREQ=HOURLY;INTERVAL=2;BYHOUR=1",
		"a day that never comes":        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
		"a day of no year":              "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
		"a month that never comes":      "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2;BYDAY=5MO",
		"an hour of a day of no year":   "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=1",
		"a Monday of no month":          "FREQ=MONTHLY;BYDAY=53MO",
		"a Monday of no month, before":  "FREQ=MONTHLY;BYDAY=-53MO",
		"a week of no year":             "FREQ=YEARLY;BYWEEKNO=53;BYDAY=-53SU",
		"an interval without end":       "FREQ=DAILY;INTERVAL=9223372036854775807",
		"a negative interval":           "FREQ=DAILY;INTERVAL=-1",
		"a count without end":           "FREQ=DAILY;COUNT=9223372036854775807",
		"a count that is too long":      "FREQ=DAILY;COUNT=99999999999999999999",
		"each minute":                   "FREQ=MINUTELY",
		"every time of the day":         "FREQ=DAILY;BYHOUR=1,1,1,1,1,1,1,1,1,1;BYMINUTE=1,1,1,1,1,1,1,1,1,1;BYSECOND=1,1,1,1,1,1,1,1,1,1",
		"places without end":            "FREQ=YEARLY;BYDAY=MO;BYSETPOS=1,2,3,4,5,6,7,8,9,10,11,12,13,14",
		"a place of no day":             "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-366",
		"the library's own":             "FREQ=YEARLY;BYEASTER=9999",
		"the library's own beginning":   "FREQ=DAILY;DTSTART=00010101",
		"two rules in one":              "FREQ=DAILY\\nRRULE:FREQ=SECONDLY",
		"nothing":                       "",
		"no frequency":                  "COUNT=3",
		"no word":                       "=;=;;",
		"an end that is no time":        "FREQ=DAILY;UNTIL=tomorrow",
		"an end before the beginning":   "FREQ=DAILY;UNTIL=19700101",
		"a frequency of somebody else":  "FREQ=FORTNIGHTLY",
		"a list of commas":              "FREQ=DAILY;BYHOUR=,,,",
		"a weekday of no week":          "FREQ=WEEKLY;WKST=XX;BYDAY=ZZ",
		"a year's days without a match": "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
	} {
		t.Run(name, func(t *testing.T) {
			other := "BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Grace\r\nDTSTART:20260320T090000Z\r\nDURATION:P1D\r\nEND:VEVENT"
			body := calendarOf(eventOf("SUMMARY:Ada", "DTSTART:19700101T000000Z", "DURATION:PT1H", "RRULE:"+rule), other)
			if got := told(parsed(t, body, now).Shifts); !slices.Contains(got, "Grace 20 Mar 09:00 to 21 Mar 09:00") {
				t.Errorf("what is beside it is lost: %q", got)
			}
		})
	}
}

// Many rules end at a bound, each of which alone would not.
func TestManyRules(t *testing.T) {
	for name, rule := range map[string]string{
		"each hour since 1970": "FREQ=HOURLY", "a day that never comes": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
	} {
		lines := make([]string, 5_000)
		for i := range lines {
			lines[i] = eventOf("SUMMARY:Ada", "DTSTART:19700101T000000Z", "DURATION:PT1H", "RRULE:"+rule)
		}
		found, err := calendar.Parse(calendarOf(lines...), now)
		if failed, is := errors.AsType[*calendar.Error](err); !is || failed.Problem != events.FeedTooLarge {
			t.Errorf("%s: got %+v, %v", name, found, err)
		}
	}
}
