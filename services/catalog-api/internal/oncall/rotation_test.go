package oncall_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
)

// rotation returns a plan of the people with these letters. Overrides are "from until name".
func rotation(people, zone, starts string, days int, overrides ...string) *oncall.Plan {
	r := &oncall.Rotation{Zone: zone, Starts: oncall.Local(starts), ShiftDays: days}
	for name := range strings.SplitSeq(people, "") {
		r.People = append(r.People, oncall.Person{Name: name})
	}
	for _, text := range overrides {
		parts := strings.Fields(text)
		r.Overrides = append(r.Overrides, oncall.Override{From: oncall.Local(parts[0]), Until: oncall.Local(parts[1]), Person: oncall.Person{Name: parts[2]}})
	}
	return &oncall.Plan{Kind: oncall.ByRotation, Rotation: r}
}

func moment(tb testing.TB, text string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// brief returns shifts as texts: "A 2026-11-30T08:00Z 2026-12-07T08:00Z", with a star if it is an override.
func brief(list []oncall.Shift) (all []string) {
	at := func(t *time.Time) string {
		if t == nil {
			return "null"
		}
		return t.UTC().Format("2006-01-02T15:04Z07:00")
	}
	for _, s := range list {
		text := s.Person.Name
		if s.Override {
			text += "*"
		}
		all = append(all, text+" "+at(s.From)+" "+at(s.Until))
	}
	return all
}

func TestShiftsOfARotation(t *testing.T) {
	for what, tc := range map[string]struct {
		plan     *oncall.Plan
		from, to string
		want     []string
	}{
		"a handover is at nine in Zurich, before and after summer begins": {
			rotation("AB", "Europe/Zurich", "2026-03-23T09:00", 7), "2026-03-24T00:00:00Z", "2026-04-06T07:00:00Z",
			[]string{"A 2026-03-23T08:00Z 2026-03-30T07:00Z", "B 2026-03-30T07:00Z 2026-04-06T07:00Z"},
		},
		"and before and after it ends": {
			rotation("AB", "Europe/Zurich", "2026-10-19T09:00", 7), "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z",
			[]string{"A 2026-10-19T07:00Z 2026-10-26T08:00Z", "B 2026-10-26T08:00Z 2026-11-02T08:00Z"},
		},
		"a handover that the clocks of Zurich skip is when they do": {
			rotation("ABC", "Europe/Zurich", "2026-03-28T02:30", 1), "2026-03-28T01:30:00Z", "2026-03-30T12:00:00Z",
			[]string{"A 2026-03-28T01:30Z 2026-03-29T01:00Z", "B 2026-03-29T01:00Z 2026-03-30T00:30Z", "C 2026-03-30T00:30Z 2026-03-31T00:30Z"},
		},
		"one that they show twice is the first": {
			rotation("ABC", "Europe/Zurich", "2026-10-24T02:30", 1), "2026-10-24T00:30:00Z", "2026-10-26T12:00:00Z",
			[]string{"A 2026-10-24T00:30Z 2026-10-25T00:30Z", "B 2026-10-25T00:30Z 2026-10-26T01:30Z", "C 2026-10-26T01:30Z 2026-10-27T01:30Z"},
		},
		"New York, in spring": {
			rotation("AB", "America/New_York", "2026-03-07T02:30", 1), "2026-03-07T07:30:00Z", "2026-03-09T06:00:00Z",
			[]string{"A 2026-03-07T07:30Z 2026-03-08T07:00Z", "B 2026-03-08T07:00Z 2026-03-09T06:30Z"},
		},
		"New York, in autumn": {
			rotation("AB", "America/New_York", "2026-10-31T01:30", 1), "2026-10-31T05:30:00Z", "2026-11-02T06:00:00Z",
			[]string{"A 2026-10-31T05:30Z 2026-11-01T05:30Z", "B 2026-11-01T05:30Z 2026-11-02T06:30Z"},
		},
		"Lord Howe skips half an hour": {
			rotation("AB", "Australia/Lord_Howe", "2026-10-03T02:15", 1), "2026-10-02T15:45:00Z", "2026-10-04T15:00:00Z",
			[]string{"A 2026-10-02T15:45Z 2026-10-03T15:30Z", "B 2026-10-03T15:30Z 2026-10-04T15:15Z"},
		},
		"and shows half an hour twice": {
			rotation("AB", "Australia/Lord_Howe", "2026-04-04T01:45", 1), "2026-04-03T14:45:00Z", "2026-04-05T15:00:00Z",
			[]string{"A 2026-04-03T14:45Z 2026-04-04T14:45Z", "B 2026-04-04T14:45Z 2026-04-05T15:15Z"},
		},
		"a zone whose clocks are never changed": {
			rotation("A", "Asia/Kolkata", "2026-03-28T09:00", 1), "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z",
			[]string{"A 2026-03-28T03:30Z 2026-03-29T03:30Z", "A 2026-03-29T03:30Z 2026-03-30T03:30Z"},
		},
		"UTC": {rotation("A", "UTC", "2026-11-30T09:00", 366), "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z", []string{"A 2026-11-30T09:00Z 2027-12-01T09:00Z"}},
		"Apia had no 30 December 2011": {
			rotation("ABCD", "Pacific/Apia", "2011-12-29T09:00", 1), "2011-12-29T19:00:00Z", "2012-01-01T12:00:00Z",
			[]string{"A 2011-12-29T19:00Z 2011-12-30T10:00Z", "B 2011-12-30T10:00Z 2011-12-30T19:00Z", "C 2011-12-30T19:00Z 2011-12-31T19:00Z", "D 2011-12-31T19:00Z 2012-01-01T19:00Z"},
		},
		"who had that whole day has nothing": {
			rotation("ABCD", "Pacific/Apia", "2011-12-29T00:00", 1), "2011-12-29T10:00:00Z", "2011-12-31T12:00:00Z",
			[]string{"A 2011-12-29T10:00Z 2011-12-30T10:00Z", "C 2011-12-30T10:00Z 2011-12-31T10:00Z", "D 2011-12-31T10:00Z 2012-01-01T10:00Z"},
		},
		"nobody before the first handover": {rotation("A", "UTC", "2026-11-30T09:00", 1), "2026-11-29T00:00:00Z", "2026-11-30T09:00:00Z", nil},
		"a shift that begins at the end of the time is not in it, nor one that ends at its beginning": {
			rotation("AB", "UTC", "2026-11-30T09:00", 1), "2026-12-01T09:00:00Z", "2026-12-02T09:00:00Z", []string{"B 2026-12-01T09:00Z 2026-12-02T09:00Z"},
		},
		"an override within a shift leaves two parts of it": {
			rotation("AB", "UTC", "2026-11-30T09:00", 7, "2026-12-02T09:00 2026-12-03T09:00 X"), "2026-11-30T09:00:00Z", "2026-12-07T09:00:00Z",
			[]string{"A 2026-11-30T09:00Z 2026-12-02T09:00Z", "X* 2026-12-02T09:00Z 2026-12-03T09:00Z", "A 2026-12-03T09:00Z 2026-12-07T09:00Z"},
		},
		"one across handovers is one shift, also by somebody of the rotation": {
			rotation("ABC", "UTC", "2026-11-30T09:00", 1, "2026-11-30T12:00 2026-12-02T12:00 B"), "2026-11-30T09:00:00Z", "2026-12-03T09:00:00Z",
			[]string{"A 2026-11-30T09:00Z 2026-11-30T12:00Z", "B* 2026-11-30T12:00Z 2026-12-02T12:00Z", "C 2026-12-02T12:00Z 2026-12-03T09:00Z"},
		},
		"overrides before the rotation begins, which wait for nobody": {
			rotation("A", "UTC", "2026-11-30T09:00", 7, "2026-11-30T08:00 2026-11-30T10:00 Y", "2026-11-28T09:00 2026-11-29T09:00 X"), "2026-11-27T00:00:00Z", "2026-12-01T00:00:00Z",
			[]string{"X* 2026-11-28T09:00Z 2026-11-29T09:00Z", "Y* 2026-11-30T08:00Z 2026-11-30T10:00Z", "A 2026-11-30T10:00Z 2026-12-07T09:00Z"},
		},
		"one that ends with a shift leaves nothing of it": {
			rotation("AB", "UTC", "2026-11-30T09:00", 1, "2026-11-30T09:00 2026-12-01T09:00 X"), "2026-11-30T09:00:00Z", "2026-12-02T00:00:00Z",
			[]string{"X* 2026-11-30T09:00Z 2026-12-01T09:00Z", "B 2026-12-01T09:00Z 2026-12-02T09:00Z"},
		},
		"adjacent ones stay two": {
			rotation("A", "UTC", "2026-11-30T09:00", 1, "2026-11-30T12:00 2026-11-30T13:00 X", "2026-11-30T13:00 2026-11-30T14:00 X"), "2026-11-30T12:00:00Z", "2026-11-30T14:00:00Z",
			[]string{"X* 2026-11-30T12:00Z 2026-11-30T13:00Z", "X* 2026-11-30T13:00Z 2026-11-30T14:00Z"},
		},
		"one that the clocks skip is none": {
			rotation("A", "Europe/Zurich", "2026-03-01T09:00", 60, "2026-03-29T02:10 2026-03-29T02:50 X"), "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z",
			[]string{"A 2026-03-01T08:00Z 2026-04-30T07:00Z"},
		},
		"the last shift that can be told": {
			rotation("AB", "America/New_York", "2026-11-30T09:00", 366), "9999-12-31T00:00:00Z", "9999-12-31T23:00:00Z",
			[]string{"A 9999-06-01T13:00Z null"},
		},
	} {
		got, err := tc.plan.Shifts(moment(t, tc.from), moment(t, tc.to), oncall.Reading{})
		if err != nil || !slices.Equal(brief(got), tc.want) {
			t.Errorf("%s: %v\n got %v\nwant %v", what, err, brief(got), tc.want)
		}
	}
}

func TestWhoIsOnCallByARotation(t *testing.T) {
	weekly := rotation("AB", "Europe/Zurich", "2026-11-30T09:00", 7, "2026-12-02T09:00 2026-12-03T09:00 X", "2026-11-20T09:00 2026-11-21T09:00 Y")
	for at, want := range map[string]string{
		"2026-11-19T00:00:00Z": "now [], next [Y* 2026-11-20T08:00Z 2026-11-21T08:00Z], changes 2026-11-20T08:00:00Z",
		"2026-11-20T08:00:00Z": "now [Y* 2026-11-20T08:00Z 2026-11-21T08:00Z], next [A 2026-11-30T08:00Z 2026-12-02T08:00Z], changes 2026-11-21T08:00:00Z",
		"2026-11-30T07:59:59Z": "now [], next [A 2026-11-30T08:00Z 2026-12-02T08:00Z], changes 2026-11-30T08:00:00Z",
		"2026-11-30T08:00:00Z": "now [A 2026-11-30T08:00Z 2026-12-02T08:00Z], next [X* 2026-12-02T08:00Z 2026-12-03T08:00Z], changes 2026-12-02T08:00:00Z",
		"2026-12-02T20:00:00Z": "now [X* 2026-12-02T08:00Z 2026-12-03T08:00Z], next [A 2026-12-03T08:00Z 2026-12-07T08:00Z], changes 2026-12-03T08:00:00Z",
		"2026-12-07T08:00:00Z": "now [B 2026-12-07T08:00Z 2026-12-14T08:00Z], next [A 2026-12-14T08:00Z 2026-12-21T08:00Z], changes 2026-12-14T08:00:00Z",
		"0001-01-01T00:00:00Z": "now [], next [Y* 2026-11-20T08:00Z 2026-11-21T08:00Z], changes 2026-11-20T08:00:00Z",
		"9999-12-31T00:00:00Z": "now [B 9999-12-27T08:00Z null], next [], changes 0001-01-01T00:00:00Z",
	} {
		duty, err := weekly.At(moment(t, at), oncall.Reading{})
		got := fmt.Sprintf("now %v, next %v, changes %s", brief(duty.Now), brief(duty.Next), duty.ChangesAt.Format(time.RFC3339))
		if err != nil || got != want {
			t.Errorf("at %s: %v\n got %s\nwant %s", at, err, got, want)
		}
	}
	weekly.Rotation.Zone = "Europe/Nowhere"
	if _, err := weekly.At(time.Now(), oncall.Reading{}); err == nil {
		t.Error("in a zone that is not known there is somebody")
	}
	if _, err := weekly.Shifts(time.Now(), time.Now(), oncall.Reading{}); err == nil {
		t.Error("in a zone that is not known there are shifts")
	}
}

// A walk by half hours sees the same people, in zones and times in which clocks are changed.
func TestARotationIsAsAWalkSeesIt(t *testing.T) {
	random := rand.New(rand.NewPCG(18, 14))
	begins := map[string]string{
		"Europe/Zurich": "2026-03-20", "America/New_York": "2026-10-25", "Australia/Lord_Howe": "2026-03-28", "Pacific/Apia": "2011-12-24",
		"Africa/Casablanca": "2026-02-08", "America/St_Johns": "2026-03-01", "Asia/Kolkata": "2026-05-01", "Antarctica/Troll": "2026-10-18",
	}
	for zone, begin := range begins {
		first := moment(t, begin+"T00:00:00Z")
		local := func() string {
			return first.Add(time.Duration(random.IntN(14*48)) * 30 * time.Minute).Format("2006-01-02T15:04")
		}
		for range 2 {
			var overrides []string
			for cut := first; ; {
				from := cut.Add(time.Duration(random.IntN(6*48)) * 30 * time.Minute)
				cut = from.Add(time.Duration(1+random.IntN(3*48)) * 30 * time.Minute)
				if cut.After(first.Add(16 * 24 * time.Hour)) {
					break
				}
				overrides = append(overrides, from.Format("2006-01-02T15:04")+" "+cut.Format("2006-01-02T15:04")+" X")
			}
			walk(t, rotation("ABCDE"[:1+random.IntN(5)], zone, local(), 1+random.IntN(4), overrides...), first)
		}
	}
}

// walk compares a plan with what somebody notes who looks at the clock every half hour, from a
// day before that time on.
func walk(t *testing.T, plan *oncall.Plan, first time.Time) {
	t.Helper()
	r := plan.Rotation
	zone, err := oncall.Zone(r.Zone)
	if err != nil {
		t.Fatal(err)
	}
	const form = "2006-01-02T15:04"
	begins, err := time.Parse(form, string(r.Starts))
	if err != nil {
		t.Fatal(err)
	}
	latest, was := "", oncall.Duty{}
	for at := first.Add(-24 * time.Hour); at.Before(first.Add(20 * 24 * time.Hour)); at = at.Add(30 * time.Minute) {
		latest = max(latest, at.In(zone).Format(form)) // what was shown once has been
		want := ""
		for n := 0; begins.AddDate(0, 0, n*r.ShiftDays).Format(form) <= latest; n++ {
			want = r.People[n%len(r.People)].Name
		}
		for _, o := range r.Overrides {
			if string(o.From) <= latest && latest < string(o.Until) {
				want = o.Person.Name
			}
		}
		duty, err := plan.At(at, oncall.Reading{})
		got := ""
		if len(duty.Now) > 0 {
			got = duty.Now[0].Person.Name
		}
		if err != nil || got != want {
			t.Fatalf("%+v at %s: on call is %q, want %q, %v", r, at, got, want, err)
		}
		changed := fmt.Sprint(brief(duty.Now)) != fmt.Sprint(brief(was.Now))
		if is := was.ChangesAt.Equal(at); !was.ChangesAt.IsZero() && (is != changed || changed && got != "" && fmt.Sprint(brief(was.Next)) != fmt.Sprint(brief(duty.Now))) {
			t.Fatalf("%+v at %s: %v, and before %v", r, at, duty, was)
		}
		was = duty
	}
}

// BenchmarkFarAway takes as long as at the first day.
func BenchmarkFarAway(b *testing.B) {
	plan := rotation("ABC", "Europe/Zurich", "1970-01-01T09:00", 1)
	for i := range 100 {
		day := time.Date(2026, 1, 1+2*i, 9, 0, 0, 0, time.UTC)
		plan.Rotation.Overrides = append(plan.Rotation.Overrides, oncall.Override{
			From: oncall.Local(day.Format("2006-01-02T15:04")), Until: oncall.Local(day.AddDate(0, 0, 1).Format("2006-01-02T15:04")), Person: oncall.Person{Name: "X"},
		})
	}
	for year, at := range map[string]time.Time{"1970": moment(b, "1970-03-01T00:00:00Z"), "9999": moment(b, "9999-12-01T00:00:00Z")} {
		b.Run(year, func(b *testing.B) {
			for b.Loop() {
				if _, err := plan.At(at, oncall.Reading{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
