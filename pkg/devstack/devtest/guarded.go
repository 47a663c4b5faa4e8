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

// guardedUser is the only user of a Guarded server.
const guardedUser = "portal"

// Guarded is a NATS server with JetStream that requires a password, which can be
// changed while it runs.
type Guarded struct {
	tb       testing.TB
	server   *server.Server
	password atomic.Pointer[string]
	refused  atomic.Int64
}

// GuardedNATS starts a server for this test alone, and stops it at the end of the test.
func GuardedNATS(tb testing.TB, password string) *Guarded {
	tb.Helper()
	g := &Guarded{tb: tb}
	g.password.Store(&password)
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: tb.TempDir(), NoSigs: true, CustomClientAuthentication: g,
	})
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

// Check implements server.Authentication.
func (g *Guarded) Check(client server.ClientAuthentication) bool {
	login := client.GetOpts()
	return login.Username == guardedUser && login.Password == *g.password.Load()
}

// URL returns the URL for a client with this password.
func (g *Guarded) URL(password string) string {
	u, err := url.Parse(g.server.ClientURL())
	if err != nil {
		g.tb.Fatalf("devtest: %v", err)
	}
	u.User = url.UserPassword(guardedUser, password)
	return u.String()
}

// Change changes the password, and disconnects the clients with the old one. It does not
// reload the server's options: the server reads some of them without a lock.
func (g *Guarded) Change(password string) {
	g.tb.Helper()
	g.password.Store(&password)
	clients, err := g.server.Connz(nil)
	if err != nil {
		g.tb.Fatalf("devtest: %v", err)
	}
	for _, client := range clients.Conns {
		_ = g.server.DisconnectClientByID(client.Cid) // fails if the client has gone meanwhile
	}
}

// Refused returns the number of refused logins.
func (g *Guarded) Refused() int64 { return g.refused.Load() }

// refusals is a logger for the server that counts refused logins.
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
