package devstack

import (
	"context"
	"net/http"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// natsLook is how often the server is asked whether it can store. What it says
// at two looks in a row, and did not say when it started, is a fault: a stream
// that is just being made or removed is a fault at one.
const natsLook = 2 * time.Second

// tend starts the server again when its store has failed, until ctx ends.
func (n *NATS) tend(ctx context.Context) {
	defer close(n.done)
	if !n.cfg.Restart {
		return
	}
	tick := time.NewTicker(natsLook)
	defer tick.Stop()
	var tries again
	known, before := complaint(n.server), ""
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := complaint(n.server)
		if now == "" || now == known || now != before {
			before = now
			continue
		}
		n.cfg.Log.Error("nats cannot store any more: it is started again as soon as its folder can be written", "dir", n.cfg.Dir, "reason", now)
		if !n.restart(ctx, &tries) {
			return
		}
		n.cfg.Log.Info("nats was started again, and stores", "dir", n.cfg.Dir)
		known, before = complaint(n.server), ""
	}
}

// restart tries until the server runs, or returns false when ctx ends.
func (n *NATS) restart(ctx context.Context, tries *again) bool {
	for tries.wait(ctx) {
		if err := writable(n.cfg.Dir); err != nil {
			n.cfg.Log.Warn("nats still cannot store", "error", err)
			continue
		}
		shutdown(n.server)
		srv, err := startNATS(ctx, n.cfg)
		if err == nil {
			n.server = srv
			return true
		}
		n.cfg.Log.Error("nats cannot be started again: trying on", "error", err)
	}
	return false
}

// complaint is what the server says is wrong with its streams, or "".
func complaint(srv *server.Server) string {
	if health := srv.Healthz(nil); health.StatusCode != http.StatusOK {
		return health.Error
	}
	return ""
}
