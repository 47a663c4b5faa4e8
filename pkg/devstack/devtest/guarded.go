package devtest

import (
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// guardedUser is who may connect to a Guarded server.
const guardedUser = "portal"

// Guarded is a NATS server with JetStream that asks for a password, which can be
// changed while it runs.
type Guarded struct {
	tb      testing.TB
	server  *server.Server
	options server.Options
	refused atomic.Int64
}

// GuardedNATS starts a server for this test alone, and stops it at the end.
func GuardedNATS(tb testing.TB, password string) *Guarded {
	tb.Helper()
	g := &Guarded{tb: tb, options: server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: tb.TempDir(), NoSigs: true,
	}}
	srv, err := server.NewServer(g.guarded(password))
	if err != nil {
		tb.Fatalf("devtest: %v", err)
	}
	srv.SetLoggerV2(refusals{n: &g.refused}, false, false, false)
	srv.Start()
	tb.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(time.Minute) {
		tb.Fatal("devtest: the NATS server is not ready")
	}
	g.server = srv
	return g
}

func (g *Guarded) guarded(password string) *server.Options {
	opts := g.options
	opts.Users = []*server.User{{Username: guardedUser, Password: password}}
	return &opts
}

// URL is how a client with this password connects.
func (g *Guarded) URL(password string) string {
	u, err := url.Parse(g.server.ClientURL())
	if err != nil {
		g.tb.Fatalf("devtest: %v", err)
	}
	u.User = url.UserPassword(guardedUser, password)
	return u.String()
}

// Change makes another password the right one. Who is connected with the old one
// is cut off.
func (g *Guarded) Change(password string) {
	g.tb.Helper()
	if err := g.server.ReloadOptions(g.guarded(password)); err != nil {
		g.tb.Fatalf("devtest: %v", err)
	}
}

// Refused counts the logins that were refused.
func (g *Guarded) Refused() int64 { return g.refused.Load() }

// refusals is the server's log, of which only refused logins matter.
type refusals struct{ n *atomic.Int64 }

func (r refusals) Errorf(format string, args ...any) {
	if strings.Contains(fmt.Sprintf(format, args...), server.ErrAuthentication.Error()) {
		r.n.Add(1)
	}
}
func (refusals) Noticef(string, ...any) {}
func (refusals) Warnf(string, ...any)   {}
func (refusals) Fatalf(string, ...any)  {}
func (refusals) Debugf(string, ...any)  {}
func (refusals) Tracef(string, ...any)  {}
