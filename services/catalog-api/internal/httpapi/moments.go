package httpapi

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

const (
	// keptMoments is how many whole lists of the past are kept for others who ask for them.
	keptMoments = 3
	// ahead is how far ahead clocks may be: now is meant then.
	ahead = 2 * time.Second
	// settled is the age from which the past stays as it is: results come an hour late at most.
	settled = 2 * time.Hour
	// The times for which an answer about the past is given again.
	goodWhileNew, goodOnceSettled = 5 * time.Second, 10 * time.Minute
)

// knownFromHeader describes the header of answers about the past.
const knownFromHeader = "The header Known-From says from when on every change is known, if that is after the time: then fields are as they were at it, and services deleted before are missing."

// Moments reads the past.
type Moments interface {
	// ServicesAt returns the services that were there at a time, as they were then; ids, unless
	// nil, are those to look at. Its error is *catalog.BeforeRecordError if nothing is known of the time.
	ServicesAt(ctx context.Context, at time.Time, ids []string) (catalog.Moment, error)
}

// Past is the parameter of a moment.
type Past struct {
	At string `query:"at" format:"date-time" doc:"As it was at this time; absent: as it is. Reason and http_status are those of the first result with the status, and what only the last result says (latency_ms, last_checked_at) is null." example:"2026-03-14T02:10:00Z"`
}

// moment returns the time that is asked for, and whether one is.
func (in *Past) moment() (at time.Time, asked bool, err error) {
	if at, err = timeParameter("at", in.At, at); err != nil {
		return at, true, err
	}
	now := time.Now()
	if at.After(now.Add(ahead)) {
		err = rest.InvalidParameter("at", "It must not be in the future.", rest.Clip(in.At))
	}
	return history.Earlier(at, now).Truncate(time.Microsecond), in.At != "", err
}

// listedMoment is the encoded list of a moment.
type listedMoment struct {
	list      *encodedList
	knownFrom time.Time
}

// newMoments returns the lists of the moments that were asked for last.
func (a *API) newMoments() *recent[time.Time, listedMoment] {
	goodFor := func(at time.Time) time.Duration {
		if time.Since(at) < settled {
			return goodWhileNew
		}
		return goodOnceSettled
	}
	return newRecent(keptMoments, goodFor, func(ctx context.Context, at time.Time) (listedMoment, error) {
		m, err := a.servicesAt(ctx, at, nil)
		if err != nil {
			return listedMoment{}, err
		}
		list, err := encodeList(m.Services, nil)
		if err == nil {
			list.total = len(list.items)
			list.join()
		}
		return listedMoment{list, m.KnownFrom}, err
	})
}

// allAt reads all services of a moment that is not kept, when no other one is read.
func (a *API) allAt(ctx context.Context, at time.Time) (m catalog.Moment, err error) {
	err = a.past.alone(ctx, func() error {
		m, err = a.servicesAt(ctx, at, nil)
		return err
	})
	return m, err
}

// servicesAt reads a moment. It says of what is before the record that it is not valid.
func (a *API) servicesAt(ctx context.Context, at time.Time, ids []string) (catalog.Moment, error) {
	m, err := a.Catalog.ServicesAt(ctx, at, ids)
	if before, is := errors.AsType[*catalog.BeforeRecordError](err); is {
		says := "Nothing is known yet of any time: there was no service so far."
		if !before.Begin.IsZero() {
			says = "Nothing is known of that time: the record begins at " + before.Begin.Format(time.RFC3339) + ". Choose a later time."
		}
		err = rest.InvalidParameter("at", says, at.Format(time.RFC3339Nano))
	}
	return m, err
}

// listAt returns the list of a moment. The whole list is kept for others; one that is filtered is not.
func (a *API) listAt(ctx context.Context, at time.Time, f catalog.Filter) (*encodedList, string, error) {
	if f.All() {
		m, err := a.past.get(ctx, at)
		return m.list, knownFrom(m.knownFrom, at), err
	}
	if len(f.IDs) > 0 {
		return a.someAt(ctx, at, f)
	}
	m, err := a.allAt(ctx, at)
	if err != nil {
		return nil, "", err
	}
	all := pictureAt(m)
	list, err := encodeList(passing(f, m.Services), all)
	return list, knownFrom(m.KnownFrom, at), err
}

// someAt returns the list of a moment with services that are asked for by their ids.
func (a *API) someAt(ctx context.Context, at time.Time, f catalog.Filter) (*encodedList, string, error) {
	m, err := a.servicesAt(ctx, at, f.IDs)
	if err != nil {
		return nil, "", err
	}
	found := passing(f, m.Services)
	all, err := a.pictureFor(ctx, at, found)
	if err != nil {
		return nil, "", err
	}
	list, err := encodeList(found, all)
	return list, knownFrom(m.KnownFrom, at), err
}

// passing returns the services that pass the filter.
func passing(f catalog.Filter, all []catalog.Listed) (found []catalog.Listed) {
	passes := f.Passes()
	for _, svc := range all {
		if passes(&svc.Service) {
			found = append(found, svc)
		}
	}
	return found
}

// pictureAt returns what hung together at a moment.
func pictureAt(m catalog.Moment) *impact.Picture {
	nodes := make([]*impact.Node, len(m.Services))
	for i := range m.Services {
		nodes[i] = impact.NewNode(&m.Services[i].Service)
	}
	return impact.NewPicture(nodes, nil)
}

// pictureFor returns what hung together at a moment, or nil if nothing can hit these services.
func (a *API) pictureFor(ctx context.Context, at time.Time, these []catalog.Listed) (*impact.Picture, error) {
	if !slices.ContainsFunc(these, func(l catalog.Listed) bool { return mayBeHit(&l.Service) }) {
		return nil, nil
	}
	all, err := a.past.get(ctx, at)
	if err != nil {
		return nil, err
	}
	return all.list.picture, nil
}

// knownFrom returns what the header Known-From says; "" if all is known.
func knownFrom(known, at time.Time) string {
	if !at.Before(known) {
		return ""
	}
	return known.Format(time.RFC3339Nano)
}

// serviceAt returns a service as it was.
func (a *API) serviceAt(ctx context.Context, id string, at time.Time) (*serviceOutput, error) {
	m, err := a.servicesAt(ctx, at, []string{id})
	if err != nil {
		return nil, err
	}
	all, err := a.pictureFor(ctx, at, m.Services)
	if err != nil {
		return nil, err
	}
	return momentOutput(m, all, at, func(catalog.Listed) bool { return true })
}

// serviceNamedAt returns the service that had a name then or, if none had, the one that has it
// now or had it last.
func (a *API) serviceNamedAt(ctx context.Context, name string, at time.Time) (*serviceOutput, error) {
	m, err := a.allAt(ctx, at)
	if err != nil {
		return nil, err
	}
	key, all := catalog.NameKey(name), pictureAt(m)
	out, err := momentOutput(m, all, at, func(svc catalog.Listed) bool { return catalog.NameKey(svc.Name) == key })
	if !errors.Is(err, catalog.ErrNotFound) {
		return out, err
	}
	now, err := a.Catalog.ServiceByName(ctx, name)
	if err != nil {
		return nil, err
	}
	out, err = momentOutput(m, all, at, func(svc catalog.Listed) bool { return svc.ID == now.ID })
	if err != nil {
		return nil, err
	}
	query := url.Values{"at": {at.Format(time.RFC3339Nano)}}
	return out.MovedTo(rest.Prefix + "/services/by-name/" + url.PathEscape(out.Body.Name) + "?" + query.Encode()), nil
}

// momentOutput returns the answer with the service of a moment that is the one. all is what hung
// together then; nil: nothing hits the service.
func momentOutput(m catalog.Moment, all *impact.Picture, at time.Time, is func(catalog.Listed) bool) (*serviceOutput, error) {
	for _, svc := range m.Services {
		if is(svc) {
			out := newServiceOutput(svc.Service, all)
			out.KnownFrom = knownFrom(m.KnownFrom, at)
			return out, nil
		}
	}
	return nil, &catalog.KindError{Kind: events.KindService, Err: catalog.ErrNotFound}
}
