package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

const (
	// metricsWindow is the window of the uptime in the metrics.
	metricsWindow = "30d"
	// maxLabel is how many characters of a name or a team are in a label.
	maxLabel = 100
	// uptimesAge is how old the uptimes in the metrics may be: they are the dearest part, and
	// change slowly.
	uptimesAge = time.Minute
)

// metrics adds the route of the services' metrics.
func (a *API) metrics(r *rest.API) {
	r.Tag("metrics", "The services for a monitoring system.")
	op := rest.Get("service-metrics", rest.Prefix+"/metrics/services", "Scrape the services",
		"The services in Prometheus' format: portal_service_status (1 for the status that a service has, 0 for the three others), since when it has it, "+
			"latency and time of the last probe, and uptime and observed part of 30 days, which are a minute old at most. By service and team.")
	op.Responses = map[string]*huma.Response{"200": {Description: "The metrics.", Content: map[string]*huma.MediaType{
		"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}, Example: `portal_service_status{service="billing",team="Payments",status="down"} 1` + "\n"},
	}}}
	a.uptimes = &uptimes{read: a.Catalog.ObservedTime}
	rest.Register(r, op, a.readMetrics, rest.Problems(rest.Malformed, rest.Invalid))
}

type metricsInput struct {
	Team []string `query:"team,explode" doc:"Services of this team; repeat it for more."`
	Tag  []string `query:"tag,explode" doc:"Services with this tag; repeat it for more."`
}

type metricsOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// readMetrics serves GET /api/metrics/services.
func (a *API) readMetrics(ctx context.Context, in *metricsInput) (*metricsOutput, error) {
	listed, err := a.Catalog.ListServices(ctx, catalog.Filter{Team: significant(in.Team, hasKey), Tag: significant(in.Tag, hasKey)})
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	w, err := parseWindow(metricsWindow, now)
	if err != nil {
		return nil, err
	}
	times, w, err := a.uptimes.of(ctx, w)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, family := range families(listed, times, w) {
		if len(family.GetMetric()) == 0 {
			continue // a family without metrics is not allowed
		}
		if _, err := expfmt.MetricFamilyToText(&out, family); err != nil {
			return nil, fmt.Errorf("encode metric %s: %w", family.GetName(), err)
		}
	}
	return &metricsOutput{string(expfmt.FmtText), out.Bytes()}, nil
}

// families returns the metrics of services, whose observed times in a window are by their ids.
func families(listed []catalog.Listed, times map[string]history.Time, w window) []*dto.MetricFamily {
	status := newFamily("portal_service_status", "1: the service has the status, 0: it has another one.")
	since := newFamily("portal_service_status_since_timestamp_seconds", "When the service got its status.")
	checked := newFamily("portal_service_last_probe_timestamp_seconds", "When the last probe of the service started.")
	latency := newFamily("portal_service_latency_seconds", "How long the last probe of the service took, if it was answered.")
	uptime := newFamily("portal_service_uptime_ratio", "Healthy time as a part of observed time; absent: nobody looked.")
	observed := newFamily("portal_service_observed_ratio", "Observed time as a part of the window.")
	for _, one := range listed {
		svc := one.Service
		labels := []*dto.LabelPair{label("service", svc.Name), label("team", svc.Team)}
		for _, each := range events.Statuses {
			value := 0.0
			if each == svc.Status {
				value = 1
			}
			status.add(value, append(labels[:2:2], label("status", string(each))))
		}
		since.add(seconds(svc.StatusSince), labels)
		if svc.LastCheckedAt != nil {
			checked.add(seconds(*svc.LastCheckedAt), labels)
		}
		if svc.LatencyMS > 0 {
			latency.add(float64(svc.LatencyMS)/1000, labels)
		}
		u := newUptime(w, newSeen(times[svc.ID]), 1)
		windowed := append(labels[:2:2], label("window", w.name))
		if u.Part != nil {
			uptime.add(*u.Part, windowed)
		}
		observed.add(u.Coverage, windowed)
	}
	return []*dto.MetricFamily{status.MetricFamily, since.MetricFamily, checked.MetricFamily, latency.MetricFamily, uptime.MetricFamily, observed.MetricFamily}
}

// family is a family of gauges.
type family struct{ *dto.MetricFamily }

func newFamily(name, help string) family {
	return family{&dto.MetricFamily{Name: &name, Help: &help, Type: dto.MetricType_GAUGE.Enum()}}
}

func (f family) add(value float64, labels []*dto.LabelPair) {
	f.Metric = append(f.Metric, &dto.Metric{Label: labels, Gauge: &dto.Gauge{Value: &value}})
}

// label returns a label of a bounded length.
func label(name, value string) *dto.LabelPair {
	value = strings.ToValidUTF8(value, "\uFFFD")
	if runes := []rune(value); len(runes) > maxLabel {
		value = string(runes[:maxLabel])
	}
	return &dto.LabelPair{Name: &name, Value: &value}
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// uptimes keeps how long all services had each status in a window, for a short time. Requests
// that come while it is read wait for it, so that many scrapers cost as much as one.
type uptimes struct {
	read func(ctx context.Context, f catalog.Filter, from, to time.Time) ([]history.ServiceTime, error)

	mu    sync.Mutex
	times map[string]history.Time
	in    window
}

// of returns the times by the ids of the services, and the window that they are in.
func (u *uptimes) of(ctx context.Context, w window) (map[string]history.Time, window, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.times != nil && w.to.Sub(u.in.to) < uptimesAge {
		return u.times, u.in, nil
	}
	found, err := u.read(ctx, catalog.Filter{}, w.from, w.to)
	if err != nil {
		return nil, w, err
	}
	u.times, u.in = make(map[string]history.Time, len(found)), w
	for _, svc := range found {
		u.times[svc.ID] = svc.Time
	}
	return u.times, u.in, nil
}
