package outbox

import (
	"context"
	"net"
	"time"

	"github.com/lib/pq"
)

const (
	reconnectMin = 100 * time.Millisecond // bounds of the pause between attempts to connect
	reconnectMax = 5 * time.Second
)

// listener receives a notification when events are added to the outbox.
type listener struct {
	pq   *pq.Listener
	stop context.CancelFunc
}

// listen connects, and listens until ctx ends. Connecting ends with ctx too: the driver
// alone would wait for a server that hangs as long as it hangs.
func listen(ctx context.Context, url string) (*listener, error) {
	ctx, stop := context.WithCancel(ctx)
	l := &listener{pq: pq.NewDialListener(contextDialer{ctx}, url, reconnectMin, reconnectMax, nil), stop: stop}
	context.AfterFunc(ctx, func() { _ = l.pq.Close() })
	if err := l.pq.Listen(channel); err != nil {
		stop()
		return nil, err
	}
	return l, nil
}

func (l *listener) notifications() <-chan *pq.Notification { return l.pq.NotificationChannel() }

func (l *listener) close() { l.stop() }

// contextDialer makes connections that close when its context ends.
type contextDialer struct{ ctx context.Context }

// Dial implements pq.Dialer.
func (d contextDialer) Dial(network, address string) (net.Conn, error) {
	return d.dial(d.ctx, network, address)
}

// DialTimeout implements pq.Dialer.
func (d contextDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(d.ctx, timeout)
	defer cancel()
	return d.dial(ctx, network, address)
}

func (d contextDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(d.ctx, func() { _ = conn.Close() })
	return contextConn{conn, stop}, nil
}

// contextConn stops watching its context once it is closed.
type contextConn struct {
	net.Conn

	stop func() bool // watching the context
}

func (c contextConn) Close() error {
	c.stop()
	return c.Conn.Close()
}
