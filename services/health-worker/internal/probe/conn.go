package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// conn is the connection of one exchange. All its operations return by its end.
type conn struct {
	net.Conn // TLS, or the bounded one below
	raw      *bounded
	release  func() bool
	http2    bool

	// certRequested says that the server requested a client certificate.
	certRequested bool
}

// bounded is a TCP connection whose deadlines are never later than end. crypto/tls,
// for example, sets a deadline of 5 s for its close alert.
type bounded struct {
	net.Conn
	end time.Time
}

func (b *bounded) earlier(t time.Time) time.Time {
	if t.IsZero() || t.After(b.end) {
		return b.end
	}
	return t
}

func (b *bounded) SetDeadline(t time.Time) error      { return b.Conn.SetDeadline(b.earlier(t)) }
func (b *bounded) SetReadDeadline(t time.Time) error  { return b.Conn.SetReadDeadline(b.earlier(t)) }
func (b *bounded) SetWriteDeadline(t time.Time) error { return b.Conn.SetWriteDeadline(b.earlier(t)) }

// newConn bounds raw by ctx, which must have a deadline.
func newConn(ctx context.Context, raw net.Conn) *conn {
	end, _ := ctx.Deadline()
	b := &bounded{Conn: raw, end: end}
	_ = b.SetDeadline(end) // fails only on a closed connection, on which all else fails too
	release := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	return &conn{Conn: b, raw: b, release: release}
}

// endBy makes t the connection's end, unless that comes earlier.
func (c *conn) endBy(t time.Time) {
	c.raw.end = c.raw.earlier(t)
	_ = c.raw.SetDeadline(c.raw.end)
}

func (c *conn) close() {
	c.release()
	_ = c.Close() // the answer has been read
	_ = c.raw.Close()
}

// secure does the TLS handshake.
func (c *conn) secure(ctx context.Context, cfg *tls.Config) error {
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		c.certRequested = true
		return &tls.Certificate{}, nil
	}
	client := tls.Client(c.raw, cfg)
	if err := client.HandshakeContext(ctx); err != nil {
		if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			return certificateError{err, certificateReason(e, cfg)}
		}
		return handshakeError{err}
	}
	c.Conn = client
	c.http2 = client.ConnectionState().NegotiatedProtocol == "h2"
	return nil
}

// ask sends the request and reads the header of the answer.
func (c *conn) ask(req request) (answer, error) {
	ask := askHTTP1
	if c.http2 {
		ask = askHTTP2
	}
	got, err := ask(c, req)
	if err != nil && c.certRequested && broken(err) {
		err = handshakeError{err} // the server closes connections of clients without a certificate
	}
	return got, err
}
