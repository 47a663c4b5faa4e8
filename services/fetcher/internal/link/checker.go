// Package link checks whether something answers at the links of services. catalog-api says which
// are due; they are checked one after another, with a pause between two, so that no server
// notices.
package link

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/say"
)

const (
	askTimeout = 10 * time.Second
	askRetry   = 15 * time.Second // after a failure
	failures   = 5                // in turn that are worth a line in the log
	idle       = 5 * time.Minute  // when nothing is due: a new service's links are checked after that
	most       = time.Hour        // for which a server that wants rest has all others wait too
)

// Config configures a Checker.
type Config struct {
	NATS    *nats.Conn
	Client  *Client
	Every   time.Duration // between two checks of a link that answers
	Pause   time.Duration // between two links
	Log     *slog.Logger
	Metrics *Metrics
}

// Checker checks links.
type Checker struct{ Config }

// New returns a Checker. Call Run.
func New(cfg Config) *Checker { return &Checker{cfg} }

// Run checks links until ctx ends, and then returns nil. What was checked and could not be told is
// checked again.
func (c *Checker) Run(ctx context.Context) error {
	var checked []events.LinkChecked
	for failed := 0; ; {
		due, err := c.ask(ctx, checked)
		wait := idle
		switch {
		case err != nil:
			if failed++; failed == failures && ctx.Err() == nil { // once, and not while both start
				c.Log.WarnContext(ctx, "catalog-api does not say which links to check; retrying", "error", err)
			}
			wait = askRetry
		default:
			failed, checked = 0, nil
			if len(due) > 0 {
				checked = c.check(ctx, due)
				wait = 0
			}
		}
		if !say.Pause(ctx, wait) {
			return nil
		}
	}
}

// ask tells what became of links, and returns which are due.
func (c *Checker) ask(ctx context.Context, checked []events.LinkChecked) ([]string, error) {
	data, err := json.Marshal(events.LinksRequest{Checked: checked, EveryS: int64(c.Every / time.Second)})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	msg, err := c.NATS.RequestWithContext(ctx, events.LinksSubject, data)
	if err != nil {
		return nil, err
	}
	var answer events.Links
	if err := json.Unmarshal(msg.Data, &answer); err != nil {
		return nil, fmt.Errorf("the answer is not a list of links: %w", err)
	}
	return answer.Due[:min(len(answer.Due), events.MaxLinks)], nil
}

// check checks links, one after another, until ctx ends.
func (c *Checker) check(ctx context.Context, due []string) (checked []events.LinkChecked) {
	for _, link := range due {
		answer, err := c.Client.Check(ctx, link)
		if err != nil {
			return checked
		}
		c.Metrics.checked(answer.Problem)
		checked = append(checked, events.LinkChecked{
			URL: link, CheckedAt: time.Now().UTC().Truncate(time.Millisecond), Problem: answer.Problem, HTTPStatus: answer.Status,
		})
		if !say.Pause(ctx, max(c.Pause, min(answer.Wait, most))) {
			return checked
		}
	}
	return checked
}
