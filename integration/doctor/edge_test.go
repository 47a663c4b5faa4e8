package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rule is an ingress rule of a tunnel.
type rule struct{ host, service string }

// login is the service of a rule that asks everybody for a login.
const login = "login"

// edge simulates Cloudflare with a cloudflared behind it, which would need an account: it
// ends TLS, and forwards requests by the rules. Its own answers are the same as theirs.
type edge struct {
	addr   string
	config string // a file with the rules
	roots  string // a file with the authority that signed its certificates
}

// startEdge starts an edge on one address; its certificate depends on the host.
func startEdge(t *testing.T, rules ...rule) edge {
	t.Helper()
	return startEdgeAt(t, "127.0.0.1:0", rules...)
}

func startEdgeAt(t *testing.T, addr string, rules ...rule) edge {
	t.Helper()
	dir := t.TempDir()
	ca := newAuthority(t)
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.Server{Listener: ln, Config: &http.Server{Handler: cloudflare(rules), ReadHeaderTimeout: time.Minute}}
	srv.TLS = &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		switch hello.ServerName {
		case "expired.doctor.test":
			return ca.certificate(t, hello.ServerName, time.Now().Add(-time.Hour)), nil
		case "other-name.doctor.test":
			return ca.certificate(t, "somebody.elsewhere.test", time.Now().Add(time.Hour)), nil
		case "self-signed.doctor.test":
			return newAuthority(t).certificate(t, hello.ServerName, time.Now().Add(time.Hour)), nil
		}
		return ca.certificate(t, hello.ServerName, time.Now().Add(time.Hour)), nil
	}}
	srv.Config.ErrorLog = log.New(t.Output(), "edge: ", 0) // the doctor aborts on a bad certificate
	srv.StartTLS()
	t.Cleanup(srv.Close)
	e := edge{addr: srv.Listener.Addr().String(), config: filepath.Join(dir, "config.yaml"), roots: filepath.Join(dir, "roots.pem")}
	write(t, e.config, tunnelYAML(rules))
	write(t, e.roots, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw})))
	return e
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func tunnelYAML(rules []rule) string {
	var b strings.Builder
	b.WriteString("tunnel: test\ningress:\n")
	for _, r := range rules {
		if r.host != "" {
			fmt.Fprintf(&b, "  - hostname: %s\n    service: %s\n", r.host, r.service)
		} else {
			fmt.Fprintf(&b, "  - service: %s\n", r.service)
		}
	}
	return b.String()
}

// cloudflare answers by the first matching rule.
func cloudflare(rules []rule) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "cloudflare")
		w.Header().Set("Cf-Ray", "8f00ba4-TEST")
		host, _, _ := net.SplitHostPort(r.Host)
		if host == "disconnected.doctor.test" {
			w.WriteHeader(530)
			fmt.Fprint(w, "error code: 1033")
			return
		}
		for _, rule := range rules {
			if rule.host != "" && rule.host != host {
				continue
			}
			switch rule.service {
			case "http_status:404":
				w.WriteHeader(http.StatusNotFound)
			case login:
				http.Redirect(w, r, "https://team.cloudflareaccess.com/cdn-cgi/access/login?kid=1", http.StatusFound)
			default:
				proxy(rule.service, "Unable to reach the origin service. The service may be down or it may not be responding to traffic from cloudflared").ServeHTTP(w, r)
			}
			return
		}
	})
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key := newKey(t)
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return authority{cert, key}
}

func (a authority) certificate(t *testing.T, host string, until time.Time) *tls.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: until.Add(-24 * time.Hour), NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	key := newKey(t)
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Error(err)
	}
	return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Error(err)
	}
	return key
}
