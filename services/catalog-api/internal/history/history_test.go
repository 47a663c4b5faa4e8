package history_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

var day = time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)

// entry is a result in a piece, as the database stores it.
func entry(r events.ProbeCompleted, round time.Duration) []byte {
	return history.Encode(stamp(r.CheckedAt, round), r)
}

func stamp(at time.Time, round time.Duration) []byte {
	ms := uint32(at.Sub(at.Truncate(history.Day)).Milliseconds())
	if round == 0 {
		return binary.BigEndian.AppendUint32(nil, ms)
	}
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, ms|1<<30), uint32(round.Milliseconds()))
}

func TestPiecesKeepResults(t *testing.T) {
	at := day.Add(9*time.Hour + 1234*time.Millisecond)
	results := []events.ProbeCompleted{
		{CheckedAt: at, PlannedAt: at.Add(-300 * time.Millisecond), Status: events.StatusHealthy, Reason: events.ReasonOK, HTTPStatus: 200, LatencyMS: 7},
		{CheckedAt: at.Add(time.Minute), PlannedAt: at.Add(time.Minute), Status: events.StatusHealthy, Reason: events.ReasonHostBusy, HTTPStatus: 204, LatencyMS: 70_000},
		{CheckedAt: at.Add(2 * time.Minute), PlannedAt: at.Add(2 * time.Minute), Status: events.StatusDegraded, Reason: events.ReasonHTTP5xx, HTTPStatus: 503, LatencyMS: 300},
		{CheckedAt: at.Add(3 * time.Minute), PlannedAt: at.Add(3 * time.Minute), Status: events.StatusDown, Reason: events.ReasonTimeout},
		{CheckedAt: at.Add(4 * time.Minute), PlannedAt: at.Add(4 * time.Minute), Status: events.StatusUnknown, Reason: "eclipse"},
	}
	var data []byte
	var want []history.Probe
	for i, r := range results {
		round := time.Duration(i%2) * 5 * time.Minute // known when the next result came
		data = append(data, entry(r, round)...)
		if r.Reason == "eclipse" {
			r.Reason = ""
		}
		want = append(want, history.Probe{
			At: r.CheckedAt, Status: r.Status, Reason: r.Reason, HTTPStatus: r.HTTPStatus, LatencyMS: r.LatencyMS, Planned: r.PlannedAt,
			Interval: time.Minute, Round: time.Duration((i+1)%2) * 5 * time.Minute,
		})
	}
	end := at.Add(5 * time.Minute)
	data = append(append(data, stamp(end, 0)...), history.EndOfLook...)
	want[4].Round = 0
	want = append(want, history.Probe{At: end, End: true, Round: 9 * time.Minute})

	pieces := []history.Piece{{At: end, Interval: "1m", Data: data}}
	got, err := history.Probes(pieces, 9*time.Minute)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v\n%+v, want\n%+v", err, got, want)
	}
	if again, err := history.Probes(append(pieces, pieces...), 9*time.Minute); err != nil || len(again) != len(want) {
		t.Errorf("twice the same: got %d results, %v", len(again), err)
	}
	for cut := range data {
		_, _ = history.Probes([]history.Piece{{At: end, Interval: "1m", Data: data[:cut]}}, 0) // must not panic
	}
	if len(entry(results[0], 0)) > 7 {
		t.Errorf("a plain result takes %d bytes", len(entry(results[0], 0)))
	}
}

func TestEveryReasonIsKept(t *testing.T) {
	for _, reason := range events.Reasons {
		r := events.ProbeCompleted{CheckedAt: day, PlannedAt: day, Status: events.StatusDown, Reason: reason}
		got, err := history.Probes([]history.Piece{{At: day, Interval: "1m", Data: entry(r, 0)}}, 0)
		if err != nil || got[0].Reason != reason {
			t.Errorf("%s: got %+v, %v", reason, got, err)
		}
	}
}

func TestQuantilesAreRightToFivePercent(t *testing.T) {
	for name, next := range map[string]func() float64{
		"like a web server": func() float64 { return math.Exp(3.5 + rand.NormFloat64()) },
		"even":              func() float64 { return 1 + 9999*rand.Float64() },
		"all the same":      func() float64 { return 42 },
		"two sorts":         func() float64 { return []float64{2, 9000}[rand.IntN(2)] },
	} {
		var whole history.Latency
		var all []int64
		for range 30 {
			var part history.Latency
			for range 60 {
				ms := int64(math.Ceil(next()))
				part.Add(ms)
				all = append(all, ms)
			}
			kept, err := history.DecodeLatency(part.Append(nil))
			if err != nil {
				t.Fatal(err)
			}
			whole.Merge(kept)
		}
		slices.Sort(all)
		for _, part := range []float64{0, 0.5, 0.95, 1} {
			want := float64(all[int(part*float64(len(all)-1))])
			if got := whole.Quantile(part); math.Abs(got-want) > want*history.Accuracy+1e-9 {
				t.Errorf("%s: quantile %v is %v, want %v", name, part, got, want)
			}
		}
		if whole.Count != int64(len(all)) || whole.Min != all[0] || whole.Max != all[len(all)-1] {
			t.Errorf("%s: got %d from %d to %d", name, whole.Count, whole.Min, whole.Max)
		}
	}
}

func TestBucketsAreKept(t *testing.T) {
	list := make([]history.Bucket, 3)
	list[0] = history.Bucket{Probes: 60, Missed: 2, Time: history.Time{Healthy: 50 * time.Minute, Down: 8 * time.Minute}}
	list[0].Latency.Add(20)
	list[2] = history.Bucket{Probes: 1, Time: history.Time{Degraded: time.Millisecond}}
	encoded := history.AppendBuckets(nil, list)
	got, err := history.DecodeBuckets(encoded, len(list))
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if got[i].Probes != list[i].Probes || got[i].Missed != list[i].Missed || got[i].Time != list[i].Time || got[i].Latency.Sum != list[i].Latency.Sum {
			t.Errorf("%d: got %+v, want %+v", i, got[i], list[i])
		}
	}
	for cut := range encoded {
		if _, err := history.DecodeBuckets(encoded[:cut], len(list)); err == nil {
			t.Errorf("%d of %d bytes are accepted", cut, len(encoded))
		}
	}
}

// minute returns a probe in a minute of the day, of an interval of a minute.
func minute(n int, status events.Status) history.Probe {
	at := day.Add(time.Duration(n) * time.Minute)
	return history.Probe{At: at, Planned: at, Status: status, Interval: time.Minute, LatencyMS: 10}
}

func TestTimeIsObservedWhileSomebodyLooks(t *testing.T) {
	const healthy, down = events.StatusHealthy, events.StatusDown
	busy := minute(0, healthy)
	busy.Round = 10 * time.Minute
	for name, tc := range map[string]struct {
		probes []history.Probe
		now    int // minute
		want   history.Time
		missed int
	}{
		"no probes":                       {nil, 60, history.Time{}, 0},
		"until the next one":              {[]history.Probe{minute(0, healthy), minute(1, down), minute(2, healthy)}, 2, history.Time{Healthy: time.Minute, Down: time.Minute}, 0},
		"for three intervals":             {[]history.Probe{minute(0, down)}, 60, history.Time{Down: 3 * time.Minute}, 0},
		"until now":                       {[]history.Probe{minute(0, down)}, 1, history.Time{Down: time.Minute}, 0},
		"not in a gap":                    {[]history.Probe{minute(0, healthy), minute(30, healthy)}, 31, history.Time{Healthy: 4 * time.Minute}, 29},
		"for three rounds of a busy host": {[]history.Probe{busy, minute(40, healthy)}, 40, history.Time{Healthy: 30 * time.Minute}, 30},
		"not after the end": {[]history.Probe{minute(0, healthy), {At: day.Add(90 * time.Second), End: true}, minute(9, healthy)}, 9,
			history.Time{Healthy: 90 * time.Second}, 0},
		"not while it is unknown": {[]history.Probe{minute(0, events.StatusUnknown), minute(1, healthy)}, 2, history.Time{Healthy: time.Minute}, 0},
	} {
		hour := history.NewBuckets(day, day.Add(time.Hour), 5*time.Minute)
		hour.Count(tc.probes, day.Add(time.Duration(tc.now)*time.Minute))
		sum := hour.Sum()
		if sum.Time != tc.want || sum.Missed != tc.missed {
			t.Errorf("%s: got %+v with %d missed, want %+v with %d", name, sum.Time, sum.Missed, tc.want, tc.missed)
		}
	}
}
