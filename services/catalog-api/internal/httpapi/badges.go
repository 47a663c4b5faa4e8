package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/badge"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

// Badges are which services have badges for everybody, also for those who may not read the
// catalogue.
type Badges struct {
	All bool   // of all services
	Tag string // of those that have the tag; empty: of none
}

// public reports whether everybody may see the badges of a service.
func (b Badges) public(svc catalog.Service) bool {
	return b.All || b.Tag != "" && slices.ContainsFunc(svc.Tags, func(tag string) bool { return catalog.Key(tag) == catalog.Key(b.Tag) })
}

// The kinds of badges.
const (
	badgeStatus  = "status"
	badgeUptime  = "uptime"
	badgeLatency = "latency"
	badgeLevel   = "level"
)

// badgeAge is for how long a browser or a proxy may keep a badge, in seconds.
const badgeAge = 60

// badges adds the route of the badges.
func (a *API) badges(r *rest.API) {
	r.Tag("badges", "Pictures of what is known of a service, for the pages of others.")
	op := rest.Get("get-badge", rest.Prefix+"/badges/{name}/{kind}.svg", "Show a badge of a service",
		"A picture of 20 px height for the pages of others: the status now, the uptime (with how much was observed, unless all was), the median latency of 24 hours, or the level of the scorecard. "+
			"Who may read the catalogue sees all; everybody else those that the portal's settings make public. The others are as if they did not exist.")
	svg := &huma.Schema{Type: huma.TypeString}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "The badge.", Content: map[string]*huma.MediaType{svgType: {Schema: svg, Example: string(badge.SVG("billing", "healthy", badge.Healthy))}}},
		"404": {Description: "A badge that says that there is none.", Content: map[string]*huma.MediaType{
			svgType: {Schema: svg, Example: string(badge.SVG("billing", "not found", badge.Unknown))},
		}},
	}
	rest.Register(r, op, a.readBadge, rest.NotChanged(), rest.Problems(rest.Unauthenticated, rest.Invalid))
}

const svgType = "image/svg+xml"

type badgeInput struct {
	rest.Named
	Kind        string `path:"kind" enum:"status,uptime,latency,level" doc:"What it says." example:"status"`
	Window      string `query:"window" doc:"Of the uptime: the time until now, in hours or days. Absent: 30d." example:"30d"`
	Label       string `query:"label" maxLength:"60" doc:"What is written on the left. Absent: the name of the service." example:"billing"`
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`
}

type badgeOutput struct {
	Status         int
	ContentType    string `header:"Content-Type"`
	CacheControl   string `header:"Cache-Control"`
	ETag           string `header:"ETag"`
	ResourcePolicy string `header:"Cross-Origin-Resource-Policy"`
	Body           []byte
}

// readBadge serves GET /api/badges/{name}/{kind}.svg.
func (a *API) readBadge(ctx context.Context, in *badgeInput) (*badgeOutput, error) {
	window, err := parseWindow(cmp.Or(in.Window, "30d"), time.Now().UTC())
	if err != nil {
		return nil, err
	}
	out := &badgeOutput{Status: http.StatusOK, ContentType: svgType}
	label, message, color := cmp.Or(in.Label, in.Name), "not found", badge.Unknown
	svc, public, err := a.shown(ctx, in.Name)
	switch {
	case errors.Is(err, catalog.ErrNotFound):
		out.Status = http.StatusNotFound
	case err != nil:
		return nil, err
	default:
		label = cmp.Or(in.Label, svc.Name)
		if message, color, err = a.badgeOf(ctx, svc, in.Kind, window); err != nil {
			return nil, err
		}
	}
	out.Body = badge.SVG(label, message, color)
	out.ETag = rest.Quoted(rest.Digest(out.Body))
	// Pages elsewhere show what is public, and nothing else: even the width of a picture says something.
	scope := "private"
	out.ResourcePolicy = "same-origin"
	if public {
		scope, out.ResourcePolicy = "public", "cross-origin"
	}
	out.CacheControl = fmt.Sprintf("%s, max-age=%d", scope, badgeAge)
	if out.Status == http.StatusOK && rest.NotModified(in.IfNoneMatch, out.ETag) {
		out.Status, out.Body = http.StatusNotModified, nil
	}
	return out, nil
}

// shown returns a service if who is asking may see its badges, else catalog.ErrNotFound, and
// whether everybody may.
func (a *API) shown(ctx context.Context, name string) (svc catalog.Service, public bool, err error) {
	who, err := a.identify(ctx)
	if err != nil {
		return svc, false, err
	}
	svc, err = a.Catalog.ServiceByName(ctx, name)
	if err != nil {
		return svc, false, err
	}
	if public = a.Badges.public(svc); !public && who.May(access.Read) != nil {
		err = catalog.ErrNotFound
	}
	return svc, public, err
}

// badgeOf returns what a badge says of a service.
func (a *API) badgeOf(ctx context.Context, svc catalog.Service, kind string, w window) (string, badge.Color, error) {
	switch kind {
	case badgeStatus:
		return string(svc.Status), colors[svc.Status], nil
	case badgeUptime:
		found, err := a.Catalog.ObservedTime(ctx, catalog.Filter{IDs: []string{svc.ID}}, w.from, w.to)
		var t history.Time
		for _, one := range found { // none: it was deleted just now
			t = one.Time
		}
		message, color := uptimeWords(newUptime(w, newSeen(t), 1))
		return message, color, err
	case badgeLatency:
		const step = time.Hour
		from := w.to.Add(-24 * time.Hour).Truncate(step)
		list, err := a.Catalog.Buckets(ctx, svc.ID, from, w.to, step)
		var sum history.Latency
		for _, b := range list.List {
			sum.Merge(b.Latency)
		}
		if sum.Count == 0 {
			return "no answers", badge.Unknown, err
		}
		return fmt.Sprintf("%.0f ms", math.Max(1, sum.Quantile(0.5))), badge.Plain, err
	case badgeLevel:
		_, facts, err := a.factsOf(ctx, svc.ID)
		if err != nil {
			return "", "", err
		}
		level := a.Rules.Score(facts).Level
		return level.String(), levelColors[level], nil
	}
	return "", "", &catalog.KindError{Kind: events.KindService, Err: catalog.ErrNotFound}
}

var colors = map[events.Status]badge.Color{
	events.StatusHealthy: badge.Healthy, events.StatusDegraded: badge.Degraded,
	events.StatusDown: badge.Down, events.StatusUnknown: badge.Unknown,
}

var levelColors = map[scorecard.Level]badge.Color{
	scorecard.None: badge.Unknown, scorecard.Bronze: badge.Bronze, scorecard.Silver: badge.Silver, scorecard.Gold: badge.Gold,
}

// The limits below which an uptime is no longer green, and is red.
const (
	fineUptime = 0.995
	poorUptime = 0.97
)

// uptimeWords says an uptime, and how much was observed unless it was nearly all.
func uptimeWords(u Uptime) (string, badge.Color) {
	const whole = 0.995
	if u.Part == nil {
		return "not observed", badge.Unknown
	}
	words, color := percent(*u.Part), badge.Healthy
	if u.Coverage < whole {
		words += " of " + percent(u.Coverage) + " observed"
	}
	switch {
	case *u.Part < poorUptime:
		color = badge.Down
	case *u.Part < fineUptime:
		color = badge.Degraded
	}
	return words, color
}

// percent formats a part, rounded down: 100 % is only what is whole.
func percent(part float64) string {
	const rounding = 1e-6 // of the product
	return fmt.Sprintf("%g %%", math.Floor(part*10_000+rounding)/100)
}
