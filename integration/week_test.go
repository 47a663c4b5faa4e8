package integration

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// story is what befalls a service in a week, by the script's own arithmetic: a result each
// minute, and the status of each second.
type story struct {
	svc    service
	begin  time.Time
	sent   []events.ProbeCompleted // in the order in which they are sent
	told   []events.ProbeCompleted // of these, those that are news
	status []events.Status         // of each second; empty: nobody looked
	deploy []time.Time             // the n-th brings version vn
	probes []int                   // that started in each second
	missed []int
}

const week = 7 * 24 * time.Hour

// newStory makes up a week of deploys and outages, with an hour without a worker, and a
// worker whose clock is ten minutes behind for a quarter of an hour.
func newStory(random *rand.Rand, svc service, number int, begin time.Time) *story {
	s := &story{svc: svc, begin: begin}
	status := events.StatusHealthy
	for minute := range int(week / time.Minute) {
		at := begin.Add(time.Duration(minute)*time.Minute + time.Duration(7*number)*time.Second)
		switch hour := minute / 60; {
		case hour == 75: // nobody probes
			continue
		case minute >= 100*60 && minute < 100*60+15:
			at = at.Add(-10 * time.Minute)
		}
		switch n := random.IntN(400); {
		case status == events.StatusHealthy && n == 0:
			status = events.StatusDown
		case status == events.StatusHealthy && n == 1:
			status = events.StatusDegraded
		case status != events.StatusHealthy && n < 40:
			status = events.StatusHealthy
		}
		r := events.ProbeCompleted{
			ServiceID: svc.ID, Version: 1, URL: weekURL, Status: status, Reason: events.ReasonConnectRefused, PlannedAt: at, CheckedAt: at, Location: "default",
		}
		switch status {
		case events.StatusHealthy:
			r.Reason, r.HTTPStatus, r.LatencyMS = events.ReasonOK, 200, int64(10+random.IntN(90))
		case events.StatusDegraded:
			r.Reason, r.HTTPStatus, r.LatencyMS = events.ReasonHTTP5xx, 503, 5
		}
		s.sent = append(s.sent, r)
		if n := len(s.told); n == 0 || at.After(s.told[n-1].CheckedAt) {
			s.told = append(s.told, r)
		}
	}
	for range 40 {
		s.deploy = append(s.deploy, begin.Add(time.Duration(random.IntN(int(week/time.Second)))*time.Second))
	}
	s.count()
	return s
}

const weekURL = "http://billing.example/healthz"

func (s *story) count() {
	const minute = 60
	seconds := int((week + time.Hour) / time.Second)
	s.status, s.probes, s.missed = make([]events.Status, seconds), make([]int, seconds), make([]int, seconds)
	second := func(at time.Time) int { return int(at.Sub(s.begin) / time.Second) }
	for i, r := range s.told {
		from, until := second(r.CheckedAt), second(r.CheckedAt)+3*minute
		if i+1 < len(s.told) {
			next := second(s.told[i+1].CheckedAt)
			for slot := from + minute; slot < next; slot += minute {
				s.missed[slot]++
			}
			until = min(until, next)
		}
		s.probes[from]++
		for n := from; n < until; n++ {
			s.status[n] = r.Status
		}
	}
}

// seen is what REST says of a time, and the script too.
type seen struct {
	Probes   int     `json:"probes"`
	Missed   int     `json:"missed"`
	Observed float64 `json:"observed_s"`
	Healthy  float64 `json:"healthy_s"`
	Degraded float64 `json:"degraded_s"`
	Down     float64 `json:"down_s"`
}

func (s *story) between(from, to time.Time) (sum seen) {
	for n := int(from.Sub(s.begin) / time.Second); n < int(to.Sub(s.begin)/time.Second); n++ {
		sum.Probes, sum.Missed = sum.Probes+s.probes[n], sum.Missed+s.missed[n]
		switch s.status[n] {
		case events.StatusHealthy:
			sum.Healthy++
		case events.StatusDegraded:
			sum.Degraded++
		case events.StatusDown:
			sum.Down++
		}
	}
	sum.Observed = sum.Healthy + sum.Degraded + sum.Down
	return sum
}

// after says what was deployed last in the half hour before a second: " after v3", or "".
func (s *story) after(second int) (text string) {
	last := time.Time{}
	at := s.begin.Add(time.Duration(second) * time.Second)
	for n, deployed := range s.deploy {
		if age := at.Sub(deployed); age >= 0 && age <= 30*time.Minute && deployed.After(last) {
			last, text = deployed, fmt.Sprint(" after v", n)
		}
	}
	return text
}

// changes lists the changes of the status, the oldest first: "12m0s down after v3".
func (s *story) changes() (list []string) {
	last := events.Status("")
	for n, status := range s.status {
		if status == "" {
			status = events.StatusUnknown
		}
		if first := last == "" && status == events.StatusUnknown; status != last && !first && n < int(week/time.Second) {
			after := s.after(n)
			if last == "" || status == events.StatusUnknown { // before, it was not known; or it is not now
				after = ""
			}
			list = append(list, fmt.Sprint(time.Duration(n)*time.Second, " ", status, after))
			last = status
		}
	}
	return list
}

// A week of deployments and outages is replayed through the broker, while each part is
// restarted or killed, some messages come twice and some late. Every number that REST tells equals the script's own.
func TestAWeekIsToldAsItWas(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts Postgres and NATS")
	}
	random := rand.New(rand.NewPCG(9, 9))
	pg := parts.postgres(t)
	s := start(t, pg.url())
	begin := time.Now().UTC().Truncate(24 * time.Hour).Add(-week)
	var stories []*story
	for i := range 5 {
		svc := s.create(fields{"name": fmt.Sprintf("service %d", i), "team": "Core", "status_url": weekURL})
		stories = append(stories, newStory(random, svc, i, begin))
	}

	s.replay(random, stories, map[int]func(){
		2: func() { s.api.kill(); s.startAPI() },
		4: func() { s.broker.stop(); s.broker.start() },
		6: func() { pg.stop(); pg.start() },
		8: func() { s.api.stop(); s.startAPI() },
	})

	js := s.connect()
	// What a killed catalog-api had taken comes again after half a minute.
	within(t, 4*waitTimeout, "all results are stored", func() bool {
		consumer, err := js.Consumer(t.Context(), events.StreamResults, "ingest")
		return err == nil && consumer.CachedInfo().NumPending == 0 && consumer.CachedInfo().NumAckPending == 0
	})
	end := begin.Add(week)
	for _, story := range stories {
		s.compare(story, begin, end)
	}
	s.compareAll(stories, begin.Add(26*time.Hour), end.Add(-5*time.Hour))
}

// replay sends the results of all stories in the order of their times, in ten parts; between
// them something happens.
func (s *system) replay(random *rand.Rand, stories []*story, between map[int]func()) {
	s.t.Helper()
	js := s.connect()
	var messages []events.ProbesCompleted
	for minutes := 0; minutes < len(stories[0].sent); minutes += 12 { // twelve results of each service
		var m events.ProbesCompleted
		for _, story := range stories {
			m.Results = append(m.Results, story.sent[minutes:min(minutes+12, len(story.sent))]...)
		}
		random.Shuffle(len(m.Results), func(i, j int) { m.Results[i], m.Results[j] = m.Results[j], m.Results[i] })
		messages = append(messages, m)
	}
	send := func(m events.ProbesCompleted) {
		encoded, err := events.Encode("health-worker", m)
		if err != nil {
			s.t.Fatal(err)
		}
		msg := &nats.Msg{Subject: encoded.Subject, Header: encoded.Header, Data: encoded.Data}
		eventually(s.t, "the broker takes results", func() bool {
			_, err := js.PublishMsg(s.t.Context(), msg)
			return err == nil
		})
	}
	for i, m := range messages {
		send(m)
		for _, story := range stories {
			s.deploy(story, 12*i, 12*(i+1))
		}
		if random.IntN(10) == 0 {
			send(messages[random.IntN(i+1)]) // once more, and out of order
		}
		if happens := between[10*i/len(messages)]; happens != nil && 10*(i+1)/len(messages) > 10*i/len(messages) {
			happens()
		}
	}
}

// deploy tells of the deployments of a story in some minutes, each until it is known.
func (s *system) deploy(story *story, from, to int) {
	s.t.Helper()
	for n, at := range story.deploy {
		if minute := int(at.Sub(story.begin) / time.Minute); minute < from || minute >= to {
			continue
		}
		eventually(s.t, "a deployment is known", func() bool {
			code, _ := s.call("POST", "/api/services/"+story.svc.ID+"/deployments", fields{"version": fmt.Sprint("v", n), "deployed_at": at})
			return code == http.StatusCreated || code == http.StatusOK
		})
	}
}

// read reads an answer of the API.
func (s *system) read(path string, to any) {
	s.t.Helper()
	code, body := s.call("GET", path, nil)
	if code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, code, body)
	}
	if err := json.Unmarshal(body, to); err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
}

func times(from, to time.Time) string {
	return url.Values{"from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)}}.Encode()
}

func (s *system) compare(story *story, begin, end time.Time) {
	s.t.Helper()
	path := "/api/services/" + story.svc.ID
	for _, c := range []struct {
		step   string
		length time.Duration
		from   time.Time
	}{{"1h", time.Hour, begin}, {"6h", 6 * time.Hour, begin}, {"1d", 24 * time.Hour, begin}, {"5m", 5 * time.Minute, end.Add(-24 * time.Hour)}} {
		var told struct {
			Buckets []struct {
				At time.Time `json:"at"`
				seen
			} `json:"buckets"`
		}
		s.read(path+"/history?step="+c.step+"&"+times(c.from, end), &told)
		if want := int(end.Sub(c.from) / c.length); len(told.Buckets) != want {
			s.t.Errorf("%s: there are %d buckets of %s, want %d", story.svc.Name, len(told.Buckets), c.step, want)
		}
		for _, b := range told.Buckets {
			if want := story.between(b.At, b.At.Add(c.length)); b.seen != want {
				s.t.Errorf("%s, %s from %s:\ngot  %+v,\nwant %+v", story.svc.Name, c.step, b.At, b.seen, want)
			}
		}
	}

	var line []string
	for next := ""; ; {
		var page struct {
			Items []struct {
				At     time.Time `json:"at"`
				Status struct {
					To    string `json:"to"`
					After struct {
						Version string `json:"version"`
					} `json:"after"`
				} `json:"status"`
			} `json:"items"`
			Next string `json:"next"`
		}
		s.read(path+"/timeline?kind=status&limit=50&after="+next+"&"+times(begin, end), &page)
		for _, m := range page.Items {
			text := fmt.Sprint(m.At.Sub(begin), " ", m.Status.To)
			if version := m.Status.After.Version; version != "" {
				text += " after " + version
			}
			line = append(line, text)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	slices.Reverse(line)
	if want := story.changes(); !slices.Equal(line, want) {
		s.t.Errorf("%s: the timeline is\n%s,\nwant\n%s", story.svc.Name, strings.Join(line, ", "), strings.Join(want, ", "))
	}
}

func (s *system) compareAll(stories []*story, from, to time.Time) {
	s.t.Helper()
	var told struct {
		Items []struct {
			ID       string   `json:"id"`
			Uptime   *float64 `json:"uptime"`
			Coverage float64  `json:"coverage"`
			seen
		} `json:"items"`
		seen
	}
	s.read("/api/uptime?team=Core&"+times(from, to), &told)
	var sum float64
	for i, story := range stories {
		want := story.between(from, to)
		sum += want.Healthy
		want.Probes, want.Missed = 0, 0 // the uptime does not tell them
		got := told.Items[i]
		if got.ID != story.svc.ID || got.seen != want {
			s.t.Errorf("%s: got %+v, want %+v", story.svc.Name, got.seen, want)
		}
		if part := want.Healthy / want.Observed; got.Uptime == nil || *got.Uptime != part || got.Coverage != want.Observed/to.Sub(from).Seconds() {
			s.t.Errorf("%s: the uptime is %v of %v, want %v", story.svc.Name, got.Uptime, got.Coverage, part)
		}
	}
	if told.Healthy != sum {
		s.t.Errorf("together they were healthy for %v s, want %v", told.Healthy, sum)
	}
}
