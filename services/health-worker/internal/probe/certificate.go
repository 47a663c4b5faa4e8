package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// certificateError means that the server's certificate can't be trusted.
type certificateError struct {
	error
	reason events.Reason
}

func (e certificateError) Unwrap() error { return e.error }

// certificateReason returns why a certificate is invalid. Of several faults it
// returns the most basic one, as browsers do: the names and dates of a certificate
// mean nothing if its authority is unknown, nor do its dates if it is for another
// name.
func certificateReason(e *tls.CertificateVerificationError, cfg *tls.Config) events.Reason {
	now := time.Now()
	if cfg.Time != nil {
		now = cfg.Time()
	}
	leaf := e.UnverifiedCertificates[0]
	chain := x509.NewCertPool()
	for _, c := range e.UnverifiedCertificates[1:] {
		chain.AddCert(c)
	}
	within := now // moved into the certificate's own validity
	if within.Before(leaf.NotBefore) {
		within = leaf.NotBefore
	} else if within.After(leaf.NotAfter) {
		within = leaf.NotAfter
	}
	_, unsigned := leaf.Verify(x509.VerifyOptions{Roots: cfg.RootCAs, Intermediates: chain, CurrentTime: within})
	if _, ok := errors.AsType[x509.UnknownAuthorityError](unsigned); ok {
		return events.ReasonTLSUnknownAuthority
	}
	if leaf.VerifyHostname(cfg.ServerName) != nil {
		return events.ReasonTLSName
	}
	invalid, ok := errors.AsType[x509.CertificateInvalidError](e.Err)
	switch {
	case !ok || invalid.Reason != x509.Expired:
		return events.ReasonTLS
	case now.Before(invalid.Cert.NotBefore):
		return events.ReasonTLSNotYetValid
	}
	return events.ReasonTLSExpired
}
