package chart

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/dev-portal/dev-portal/pkg/service"
)

// authority is a certificate authority of a test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.sign("ca", &x509.Certificate{
		Subject: pkix.Name{CommonName: "the test's authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// sign makes a certificate, and writes NAME.crt and NAME.key.
func (a *authority) sign(name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, by := a.cert, a.key
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		a.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for ending, block := range map[string]*pem.Block{"crt": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(a.file(name, ending), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return made, key
}

func (a *authority) file(name, ending string) string { return filepath.Join(a.dir, name+"."+ending) }

// leaf makes a certificate for a server at an address, which is also good for a client.
func (a *authority) leaf(name, address string) {
	a.t.Helper()
	a.sign(name, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.ParseIP(address)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
}

// connected reports whether a service connects within a moment.
func connected(t *testing.T, url string, with service.NATS) bool {
	t.Helper()
	common := service.Common{NATSURL: url, NATS: with, Log: slog.New(slog.DiscardHandler)}
	nc, err := common.Connect("test")
	if err != nil {
		t.Logf("connect: %v", err)
		return false
	}
	defer nc.Close()
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if nc.IsConnected() {
			return true
		}
	}
	t.Logf("not connected: %v", nc.LastError())
	return false
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// NATS by TLS, where both sides show certificates, with credentials from a file.
func TestServicesConnectByTLS(t *testing.T) {
	ours, others := newAuthority(t), newAuthority(t)
	ours.leaf("server", "127.0.0.1")
	ours.leaf("elsewhere", "192.0.2.1")
	ours.leaf("client", "127.0.0.1")
	others.leaf("client", "127.0.0.1")
	user := write(t, filepath.Join(ours.dir, "user"), "catalog-api:"+passwords["catalog-api"]+"\n")
	good := service.NATS{Credentials: user, CA: ours.file("ca", "crt"), Cert: ours.file("client", "crt"), Key: ours.file("client", "key")}

	at := startTLS(t, ours, "server")
	for name, tc := range map[string]struct {
		with func(*service.NATS)
		want bool
	}{
		"all of it":                     {func(*service.NATS) {}, true},
		"without the authority":         {func(n *service.NATS) { n.CA = "" }, false},
		"with another authority":        {func(n *service.NATS) { n.CA = others.file("ca", "crt") }, false},
		"without a certificate":         {func(n *service.NATS) { n.Cert, n.Key = "", "" }, false},
		"with one of another authority": {func(n *service.NATS) { n.Cert, n.Key = others.file("client", "crt"), others.file("client", "key") }, false},
		"with a wrong password": {func(n *service.NATS) {
			n.Credentials = write(t, filepath.Join(ours.dir, "wrong"), "catalog-api:guessed")
		}, false},
		"with a file that has no credentials": {func(n *service.NATS) { n.Credentials = write(t, filepath.Join(ours.dir, "none"), "hunter2") }, false},
		"with a file that is not there":       {func(n *service.NATS) { n.Credentials = filepath.Join(ours.dir, "nowhere") }, false},
	} {
		n := good
		tc.with(&n)
		if got := connected(t, "tls://"+at, n); got != tc.want {
			t.Errorf("%s: connected is %t", name, got)
		}
	}
	if connected(t, "tls://"+startTLS(t, ours, "elsewhere"), good) {
		t.Error("a server with a certificate for another address is believed")
	}

	common := service.Common{NATSURL: "tls://" + at, NATS: good, Log: slog.New(slog.DiscardHandler)}
	write(t, user, "catalog-api:old")
	nc, err := common.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	time.Sleep(time.Second)
	if nc.IsConnected() {
		t.Fatal("connected with an old password")
	}
	write(t, user, "catalog-api:"+passwords["catalog-api"])
	for end := time.Now().Add(patience); !nc.IsConnected(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the new password of the file is not used: %v", nc.LastError())
		}
	}
}

// startTLS starts a server with nats.conf that asks for certificates, and returns its address.
func startTLS(t *testing.T, a *authority, name string) (addr string) {
	t.Helper()
	setPasswords(t)
	rules, err := os.ReadFile(filepath.Join(deployDir, "nats/nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%s\ntls { cert_file: %q, key_file: %q, ca_file: %q, verify: true }\n", rules, a.file(name, "crt"), a.file(name, "key"), a.file("ca", "crt"))
	options, err := server.ProcessConfigFile(write(t, filepath.Join(t.TempDir(), "nats.conf"), text))
	if err != nil {
		t.Fatal(err)
	}
	return run(t, options).Addr().String()
}

// run starts a server on a free port of this machine until the test ends.
func run(t *testing.T, options *server.Options) *server.Server {
	t.Helper()
	options.Host, options.Port, options.HTTPPort, options.StoreDir, options.NoSigs, options.NoLog = "127.0.0.1", -1, 0, t.TempDir(), true, true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("NATS does not start")
	}
	return s
}

// A server that knows its users by signed tokens takes a file of credentials as nsc writes it.
func TestServicesConnectByTokens(t *testing.T) {
	pair := func(kind nkeys.PrefixByte) (nkeys.KeyPair, string) {
		keys, err := nkeys.CreatePair(kind)
		if err != nil {
			t.Fatal(err)
		}
		public, err := keys.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return keys, public
	}
	operator, operatorID := pair(nkeys.PrefixByteOperator)
	account, accountID := pair(nkeys.PrefixByteAccount)
	user, userID := pair(nkeys.PrefixByteUser)
	accountToken, err := jwt.NewAccountClaims(accountID).Encode(operator)
	if err != nil {
		t.Fatal(err)
	}
	resolver := &server.MemAccResolver{}
	if err := resolver.Store(accountID, accountToken); err != nil {
		t.Fatal(err)
	}
	s := run(t, &server.Options{TrustedKeys: []string{operatorID}, AccountResolver: resolver})
	userToken, err := jwt.NewUserClaims(userID).Encode(account)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	file, err := jwt.FormatUserConfig(userToken, seed)
	if err != nil {
		t.Fatal(err)
	}
	creds := write(t, filepath.Join(t.TempDir(), "user.creds"), string(file))
	if !connected(t, s.ClientURL(), service.NATS{Credentials: creds}) {
		t.Error("not connected with credentials")
	}
	if connected(t, s.ClientURL(), service.NATS{}) {
		t.Error("connected without credentials")
	}
	if _, err := nats.Connect(s.ClientURL(), nats.UserInfo("catalog-api", "x")); err == nil {
		t.Error("connected with a password")
	}
}
