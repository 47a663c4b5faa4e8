package devstack

import (
	"context"
	"net/http"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// natsHealthInterval is how often the server's health is checked. An error counts as a
// failure if two successive checks report it and the start didn't: a stream that is
// just being created or deleted causes an error in a single check.
const natsHealthInterval = 2 * time.Second

// supervise restarts the server when its store has failed, until ctx ends.
func (n *NATS) supervise(ctx context.Context) {
	defer close(n.done)
	if !n.cfg.Restart {
		return
	}
	tick := time.NewTicker(natsHealthInterval)
	defer tick.Stop()
	var pauses backoff
	known, before := healthError(n.server), ""
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := healthError(n.server)
		if now == "" || now == known || now != before {
			before = now
			continue
		}
		n.cfg.Log.Error("NATS cannot store; restarting it as soon as its folder is writable", "dir", n.cfg.Dir, "reason", now)
		if !n.restart(ctx, &pauses) {
			return
		}
		n.cfg.Log.Info("NATS restarted; it stores again", "dir", n.cfg.Dir)
		known, before = healthError(n.server), ""
	}
}

// restart retries until the server runs. It returns false when ctx ends before that.
func (n *NATS) restart(ctx context.Context, pauses *backoff) bool {
	for pauses.wait(ctx) {
		if err := checkWritable(n.cfg.Dir); err != nil {
			n.cfg.Log.Warn("NATS still cannot store; retrying", "error", err)
			continue
		}
		shutdown(n.server)
		srv, err := startNATS(ctx, n.cfg)
		if err == nil {
			n.server = srv
			return true
		}
		n.cfg.Log.Error("NATS restart failed; retrying", "error", err)
	}
	return false
}

// healthError returns the server's error about its streams, or "".
func healthError(srv *server.Server) string {
	if health := srv.Healthz(nil); health.StatusCode != http.StatusOK {
		return health.Error
	}
	return ""
}
