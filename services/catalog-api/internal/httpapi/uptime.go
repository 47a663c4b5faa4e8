package httpapi

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// maxWindows is how many windows of uptime can be asked for at once.
const maxWindows = 10

// Uptime is how much of a window a service was up.
type Uptime struct {
	Window   string    `json:"window,omitempty" doc:"As it was asked for; absent: by from and to." example:"30d"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Part     *float64  `json:"uptime" minimum:"0" maximum:"1" doc:"Healthy time as a part of observed time. null: nobody looked."`
	Coverage float64   `json:"coverage" minimum:"0" maximum:"1" doc:"Observed time as a part of the window."`
	Seen
}

// newUptime is of one service, or the sum of several: services times the window is the whole.
func newUptime(w window, s Seen, services int) Uptime {
	u := Uptime{Window: w.name, From: w.from, To: w.to, Seen: s}
	if whole := w.to.Sub(w.from).Seconds() * float64(services); whole > 0 {
		u.Coverage = min(s.Observed/whole, 1)
	}
	if s.Observed > 0 {
		part := s.Healthy / s.Observed
		u.Part = &part
	}
	return u
}

type uptimeList struct {
	Items []Uptime `json:"items" nullable:"false" doc:"In the order of the windows."`
}

type serviceUptime struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Team string `json:"team"`
	Uptime
}

type portalUptime struct {
	Uptime
	Items []serviceUptime `json:"items" nullable:"false" doc:"By name."`
}

var exampleTime = history.Time{Healthy: 86_000 * time.Second, Down: 100 * time.Second}

func exampleWindow() window {
	to := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	return window{"24h", to.Add(-24 * time.Hour), to}
}

// window is a time that ends now, or that was given.
type window struct {
	name     string // empty: it was given by from and to
	from, to time.Time
}

const maxWindow = 10 * 366 * history.Day

// parseWindow parses a window such as 24h or 30d.
func parseWindow(name string, now time.Time) (window, error) {
	units := map[byte]time.Duration{'h': time.Hour, 'd': history.Day}
	var length time.Duration
	if n := len(name) - 1; n > 0 && n < 6 {
		count, err := strconv.ParseUint(name[:n], 10, 32)
		if err == nil {
			length = time.Duration(count) * units[name[n]]
		}
	}
	if length <= 0 || length > maxWindow {
		return window{}, rest.InvalidParameter("window", "It must be a number of hours or days, such as 24h or 30d.", rest.Clip(name))
	}
	return window{name, now.Add(-length), now}, nil
}

type uptimeInput struct {
	Times

	ID     string   `path:"id" format:"uuid" doc:"The service's id."`
	Window []string `query:"window,explode" maxItems:"10" doc:"The time until to, in hours or days, such as 24h or 30d; repeat it for more. Absent, without from and to: 24h, 7d, 30d and 90d." example:"[\"30d\"]"`
}

// windows returns the windows that are asked for.
func (in *uptimeInput) windows() (list []window, err error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	if in.To != "" && in.From == "" && len(in.Window) > 0 {
		to, err := timeParameter("to", in.To, now)
		if err != nil {
			return nil, err
		}
		now = history.Earlier(to, now)
	} else if in.From != "" || in.To != "" {
		from, to, err := in.read(now, historySpan)
		return []window{{"", from, to}}, err
	}
	if len(in.Window) == 0 {
		in.Window = []string{"24h", "7d", "30d", "90d"}
	}
	if len(in.Window) > maxWindows {
		return nil, rest.InvalidParameter("window", fmt.Sprintf("At most %d windows are allowed, but there are %d.", maxWindows, len(in.Window)), nil)
	}
	for _, name := range in.Window {
		w, err := parseWindow(name, now)
		if err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return list, nil
}

type uptimeOutput struct{ Body uptimeList }

// readUptime serves GET /api/services/{id}/uptime.
func (a *API) readUptime(ctx context.Context, in *uptimeInput) (*uptimeOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	windows, err := in.windows()
	if err != nil {
		return nil, err
	}
	if err := a.existed(ctx, id); err != nil {
		return nil, err
	}
	out := &uptimeOutput{Body: uptimeList{Items: []Uptime{}}}
	for _, w := range windows {
		t, err := a.observedTime(ctx, id, w)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, newUptime(w, newSeen(t), 1))
	}
	return out, nil
}

// observedTime returns how long a service was observed, also one that is deleted.
func (a *API) observedTime(ctx context.Context, id string, w window) (history.Time, error) {
	found, err := a.Catalog.ObservedTime(ctx, catalog.Filter{IDs: []string{id}}, w.from, w.to)
	if err != nil {
		return history.Time{}, err
	}
	for _, svc := range found {
		return svc.Time, nil
	}
	spans, err := a.Catalog.SpansOf(ctx, []string{id}, w.from, w.to)
	return history.TimeOf(spans[id]), err
}

type uptimesInput struct {
	Times

	Window string   `query:"window" doc:"The time until now, in hours or days, such as 24h or 30d. Absent, without from: 30d." example:"30d"`
	Team   []string `query:"team,explode" doc:"Services of this team; repeat it for more."`
	Tag    []string `query:"tag,explode" doc:"Services with this tag; repeat it for more."`
}

type uptimesOutput struct{ Body portalUptime }

// listUptimes serves GET /api/uptime.
func (a *API) listUptimes(ctx context.Context, in *uptimesInput) (*uptimesOutput, error) {
	one := uptimeInput{Times: in.Times, Window: []string{in.Window}}
	if in.Window == "" {
		one.Window = []string{"30d"}
	}
	windows, err := one.windows()
	if err != nil {
		return nil, err
	}
	w := windows[0]
	found, err := a.Catalog.ObservedTime(ctx, catalog.Filter{Team: significant(in.Team, hasKey), Tag: significant(in.Tag, hasKey)}, w.from, w.to)
	if err != nil {
		return nil, err
	}
	out := &uptimesOutput{Body: portalUptime{Items: make([]serviceUptime, len(found))}}
	var sum Seen
	for i, svc := range found {
		one := newSeen(svc.Time)
		sum = sum.plus(one)
		out.Body.Items[i] = serviceUptime{svc.ID, svc.Name, svc.Team, newUptime(w, one, 1)}
	}
	out.Body.Uptime = newUptime(w, sum, len(found))
	return out, nil
}
