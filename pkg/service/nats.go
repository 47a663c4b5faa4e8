package service

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/nats-io/nats.go"
)

// NATS is how a service shows who it is to NATS, and knows the server. All fields are
// optional, and files: they are read at each connection, so that what they have can be
// exchanged.
type NATS struct {
	// Credentials has either the JWT and the seed of a user, as nsc writes them (.creds), or
	// one line of user:password, which the URL then lacks. PORTAL_NATS_CREDENTIALS.
	Credentials string

	// CA has the certificates that vouch for the server, if the machine's own don't.
	// PORTAL_NATS_CA.
	CA string

	// Cert and Key are the service's own certificate and key, for a server that asks for
	// them. PORTAL_NATS_CERT, PORTAL_NATS_KEY.
	Cert, Key string
}

// options returns what the settings mean for a connection.
func (n NATS) options() (options []nats.Option, err error) {
	if n.CA != "" {
		options = append(options, nats.RootCAs(n.CA))
	}
	if n.Cert != "" {
		options = append(options, nats.ClientCert(n.Cert, n.Key))
	}
	if n.Credentials == "" {
		return options, nil
	}
	text, err := os.ReadFile(n.Credentials)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read PORTAL_NATS_CREDENTIALS: %w", err)
	case strings.Contains(string(text), "BEGIN NATS USER JWT"):
		return append(options, nats.UserCredentials(n.Credentials)), nil
	}
	if _, _, err := userOf(n.Credentials); err != nil {
		return nil, err
	}
	return append(options, nats.UserInfoHandler(func() (user, password string) {
		user, password, _ = userOf(n.Credentials) // without them the server refuses, and says so
		return user, password
	})), nil
}

var errNoUser = errors.New("PORTAL_NATS_CREDENTIALS has neither credentials of NATS nor a line of user:password")

// userOf reads a file of user:password. Its errors don't repeat what is in it.
func userOf(path string) (user, password string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", "", fmt.Errorf("read PORTAL_NATS_CREDENTIALS: %w", err)
	}
	user, password, some := strings.Cut(strings.TrimSpace(string(text)), ":")
	if !some || cmp.Or(user, password) == "" || strings.ContainsAny(password, "\r\n") {
		return "", "", errNoUser
	}
	return user, password, nil
}
