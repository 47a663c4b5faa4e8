package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

const (
	workerService = "health-worker" // as workers call themselves on NATS
	pingWait      = time.Second     // within which every worker answers
	checkWait     = 15 * time.Second
)

const (
	noWorkers  = "Nothing is probed: statuses become unknown after three intervals, and a check by hand fails."
	serviceURL = "/api/services/"
)

func (p *patient) startWorker() string {
	return "Start a health-worker, and read its log: " + p.logsOf("health-worker") + "."
}

// checkWorkers asks for at least one worker: on NATS, or else by having a
// service checked, as the page's button does.
func checkWorkers(ctx context.Context, p *patient) Finding {
	if p.nc == nil {
		return p.checkOne(ctx)
	}
	n, err := p.ping(ctx)
	switch {
	case errors.Is(err, errDenied):
		f := p.checkOne(ctx)
		f.What += " (the user in --nats may not ask for workers)"
		return f
	case err != nil:
		return skipped("NATS could not be asked for workers: %s", reason(err))
	case n == 0:
		return broken("no health-worker answers on NATS").because(noWorkers, p.startWorker())
	}
	return ok("%s on NATS", plural(n, "health-worker answers", "health-workers answer"))
}

// ping counts the workers.
func (p *patient) ping(ctx context.Context) (n int, err error) {
	subject, err := micro.ControlSubject(micro.PingVerb, workerService, "")
	if err != nil {
		return 0, err
	}
	err = p.permitted(ctx, func(ctx context.Context) error {
		inbox := p.nc.NewInbox()
		replies, err := p.nc.SubscribeSync(inbox)
		if err != nil {
			return err
		}
		defer func() { _ = replies.Unsubscribe() }() // the connection is closed anyway
		if err := p.nc.PublishRequest(subject, inbox, nil); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, pingWait)
		defer cancel()
		for {
			msg, err := replies.NextMsgWithContext(ctx)
			switch {
			case errors.Is(err, nats.ErrNoResponders), errors.Is(err, context.DeadlineExceeded):
				return nil
			case err != nil:
				return err
			case len(msg.Data) == 0 && msg.Header.Get("Status") == "503":
				return nil // nobody listens
			}
			n++
		}
	})
	return n, err
}

// listed is what is read of a service.
type listed struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	URL    *string `json:"status_url"`
	Status string  `json:"status"`
	Reason *string `json:"status_reason"`
}

// list reads the catalogue.
func (p *patient) list(ctx context.Context) (all []listed, w way, err error) {
	w, there := p.inside()
	if p.API != nil {
		w, there = direct("catalog-api", p.API), true
	}
	if !there {
		return nil, w, errors.New(notAsked)
	}
	a := p.get(ctx, w, "/api/services")
	var body struct{ Items []listed }
	if a.err != nil || a.status != http.StatusOK || json.Unmarshal([]byte(a.body), &body) != nil {
		return nil, w, fmt.Errorf("the catalogue cannot be read: %s", a.said())
	}
	return body.Items, w, nil
}

// checkOne has a worker check a service: a healthy one, if there is one, as it
// answers soonest.
func (p *patient) checkOne(ctx context.Context) Finding {
	all, w, err := p.list(ctx)
	if err != nil {
		return skipped("%s", err)
	}
	var chosen *listed
	for i, s := range all {
		if s.URL != nil && (chosen == nil || chosen.Status != "healthy" && s.Status == "healthy") {
			chosen = &all[i]
		}
	}
	if chosen == nil {
		return skipped("no service has a health URL, so none can be checked: --nats asks for workers directly")
	}
	if h, _ := p.health(ctx); !h.NATS.ok() {
		return skipped("without NATS no worker can be asked")
	}
	a := p.ask(ctx, w, question{method: http.MethodPost, path: serviceURL + chosen.ID + "/check", timeout: checkWait})
	switch {
	case a.status == http.StatusOK:
		return ok("a health-worker has just checked %q", chosen.Name)
	case strings.Contains(a.body, "#no-worker"):
		return broken("no health-worker answers when %q is to be checked", chosen.Name).because(noWorkers, p.startWorker())
	case strings.Contains(a.body, "#worker-failed"):
		return broken("the health-worker that was to check %q failed", chosen.Name).because(
			"It is there, but gives no usable answer: it may be of another version than catalog-api.", "Read the logs of both, and give both one version.")
	}
	return skipped("the check of %q came to nothing: %s", chosen.Name, a.said())
}

// stale looks in the catalogue for what shows that results do not come, although
// there are workers: the consumers themselves can't be seen without NATS.
func (p *patient) stale(ctx context.Context) Finding {
	all, _, err := p.list(ctx)
	if err != nil {
		return skipped("%s", err)
	}
	n := 0
	for _, s := range all {
		if s.Reason != nil && *s.Reason == "stale" {
			n++
		}
	}
	if n == 0 || p.checkOne(ctx).State != OK {
		return p.withoutNATS()
	}
	return broken("%s had no result for three intervals, though a worker answers", plural(n, "service has", "services have")).because(
		"The worker has only just come back, or planned probes, or their results, do not come through: a consumer is missing or not read.",
		"Ask again in a minute. Give --nats to see which consumer it is; restart health-worker, and then catalog-api: each makes what is missing at its start.")
}
