package outbox

import (
	"context"
	"net"
	"time"

	"github.com/lib/pq"
)

const (
	listenFirst = 100 * time.Millisecond // pauses between two tries to connect
	listenMost  = 5 * time.Second
)

// listener hears that something came into the outbox.
type listener struct {
	pq   *pq.Listener
	stop context.CancelFunc
}

// listen connects, which may take until ctx ends, and with it all of the
// listener: the driver alone waits for a server that hangs for as long as it hangs.
func listen(ctx context.Context, url string) (*listener, error) {
	ctx, stop := context.WithCancel(ctx)
	l := &listener{pq: pq.NewDialListener(endingDialer{ctx}, url, listenFirst, listenMost, nil), stop: stop}
	context.AfterFunc(ctx, func() { _ = l.pq.Close() })
	if err := l.pq.Listen(channel); err != nil {
		stop()
		return nil, err
	}
	return l, nil
}

func (l *listener) heard() <-chan *pq.Notification { return l.pq.NotificationChannel() }

func (l *listener) close() { l.stop() }

// endingDialer makes connections that end with its context.
type endingDialer struct{ ctx context.Context }

// Dial implements pq.Dialer.
func (d endingDialer) Dial(network, address string) (net.Conn, error) {
	return d.dial(d.ctx, network, address)
}

// DialTimeout implements pq.Dialer.
func (d endingDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(d.ctx, timeout)
	defer cancel()
	return d.dial(ctx, network, address)
}

func (d endingDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	end := context.AfterFunc(d.ctx, func() { _ = conn.Close() })
	return endingConn{conn, end}, nil
}

// endingConn is waited for no longer once it is closed.
type endingConn struct {
	net.Conn

	forget func() bool
}

func (c endingConn) Close() error {
	c.forget()
	return c.Conn.Close()
}
