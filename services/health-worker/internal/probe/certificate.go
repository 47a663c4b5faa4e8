package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// certificateError is a certificate that can't be trusted, and why.
type certificateError struct {
	error
	reason events.Reason
}

func (e certificateError) Unwrap() error { return e.error }

// certificateReason says what is wrong with a certificate. Of several faults it
// names the one to be mended first, as browsers do: as long as nobody known has
// signed a certificate, its names and dates mean nothing, and the dates of one
// for another name don't matter.
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
	within := now // the dates that the certificate itself has
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
