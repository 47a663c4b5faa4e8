package probe_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

// authority signs certificates. Clients must trust its pool.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := authority{key: key}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().AddDate(-9, 0, 0), NotAfter: time.Now().AddDate(9, 0, 0),
	}
	a.cert = a.sign(t, a.cert, key)
	return a
}

func (a authority) sign(t *testing.T, template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func (a authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// issue returns a certificate for 127.0.0.1 and localhost, after change modified it.
func (a authority) issue(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost", "xn--zrich-kva.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if change != nil {
		change(template)
	}
	return tls.Certificate{Certificate: [][]byte{a.sign(t, template, key).Raw}, PrivateKey: key}
}

// secureServer answers with 103 and 200, over HTTP/1.1 unless change sets more.
func secureServer(t *testing.T, cert tls.Certificate, change func(*httptest.Server)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(helloTwice))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.Config.ErrorLog = quiet()
	if change != nil {
		change(s)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func expired(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
}

func notYetValid(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
}
func elsewhere(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"other.example"}, nil }

func TestCertificateReason(t *testing.T) {
	known, unknown := newAuthority(t), newAuthority(t)
	for name, tc := range map[string]struct {
		from   authority
		change func(*x509.Certificate)
		want   events.Reason
	}{
		"nothing":                             {known, nil, events.ReasonOK},
		"it has expired":                      {known, expired, events.ReasonTLSExpired},
		"it is not valid yet":                 {known, notYetValid, events.ReasonTLSNotYetValid},
		"it is for another name":              {known, elsewhere, events.ReasonTLSName},
		"nobody known has signed it":          {unknown, nil, events.ReasonTLSUnknownAuthority},
		"an expired one for another name":     {known, func(c *x509.Certificate) { expired(c); elsewhere(c) }, events.ReasonTLSName},
		"an expired one of nobody known":      {unknown, expired, events.ReasonTLSUnknownAuthority},
		"a future one of nobody known":        {unknown, notYetValid, events.ReasonTLSUnknownAuthority},
		"another name's, of nobody known":     {unknown, elsewhere, events.ReasonTLSUnknownAuthority},
		"it is for clients only":              {known, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, events.ReasonTLS},
		"an address in IPv6 clothes is fine":  {known, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1).To16()} }, events.ReasonOK},
		"a name with only a common name left": {known, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil }, events.ReasonTLSName},
	} {
		t.Run(name, func(t *testing.T) {
			s := secureServer(t, tc.from.issue(t, tc.change), nil)
			p := probe.New(probe.Config{Timeout: 20 * time.Second, TLS: &tls.Config{RootCAs: known.pool()}})
			if got := made(t, p, s.URL); got.Reason != tc.want {
				t.Errorf("got %+v, want %s", got, tc.want)
			}
		})
	}
}

func TestHandshakes(t *testing.T) {
	known := newAuthority(t)
	wanted := func(s *httptest.Server) { s.TLS.ClientAuth = tls.RequireAnyClientCert }
	for name, tc := range map[string]struct {
		change func(*httptest.Server)
		want   events.Reason
	}{
		"a client certificate wanted, TLS 1.2":      {func(s *httptest.Server) { wanted(s); s.TLS.MaxVersion = tls.VersionTLS12 }, events.ReasonTLS},
		"a client certificate wanted, TLS 1.3":      {wanted, events.ReasonTLS},
		"a client certificate wanted, HTTP/2":       {func(s *httptest.Server) { wanted(s); s.EnableHTTP2 = true }, events.ReasonTLS},
		"a client certificate welcome":              {func(s *httptest.Server) { s.TLS.ClientAuth = tls.RequestClientCert }, events.ReasonOK},
		"nothing newer than TLS 1.1":                {func(s *httptest.Server) { s.TLS.MinVersion, s.TLS.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, events.ReasonTLS},
		"HTTP/2 only":                               {func(s *httptest.Server) { s.EnableHTTP2 = true; s.TLS.NextProtos = []string{"h2"} }, events.ReasonOK},
		"a protocol that is none of ours":           {func(s *httptest.Server) { s.TLS.NextProtos = []string{"smtp"} }, events.ReasonTLS},
		"nothing agreed on":                         {func(s *httptest.Server) { s.TLS.NextProtos = nil }, events.ReasonOK},
		"a certificate for who names the host":      {onlyNamed, events.ReasonOK},
		"a server that hangs up on the uncertified": {hangUp, events.ReasonTLS},
	} {
		t.Run(name, func(t *testing.T) {
			s := secureServer(t, known.issue(t, nil), tc.change)
			p := probe.New(probe.Config{Timeout: 20 * time.Second, TLS: &tls.Config{RootCAs: known.pool()}})
			url := strings.Replace(s.URL, "127.0.0.1", "localhost.", 1) // with the root's dot, which no certificate has
			if got := made(t, p, url); got.Reason != tc.want {
				t.Errorf("got %+v, want %s", got, tc.want)
			}
		})
	}
}

// onlyNamed has a certificate only for clients that send a server name (SNI).
func onlyNamed(s *httptest.Server) {
	cert := s.TLS.Certificates[0]
	s.TLS.Certificates = nil
	s.TLS.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName != "localhost" {
			return nil, http.ErrNotSupported
		}
		return &cert, nil
	}
}

// hangUp requires a client certificate, and closes the connection without one.
func hangUp(s *httptest.Server) {
	s.TLS.ClientAuth = tls.RequestClientCert
	s.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}
