package rest

import (
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/go-chi/httprate"
)

// rateWindow is the time in which a client's requests are counted. It slides.
const rateWindow = 10 * time.Second

// The headers of the IETF's draft, RateLimit header fields for HTTP, as of its version 5.
const (
	rateLimit     = "RateLimit-Limit"
	rateRemaining = "RateLimit-Remaining"
	rateReset     = "RateLimit-Reset"
)

// rate limits the requests of each client.
type rate struct{ *httprate.RateLimiter }

// newRate returns a rate of so many requests in rateWindow; 0: no limit.
func newRate(requests int) rate {
	if requests <= 0 {
		return rate{}
	}
	return rate{httprate.NewRateLimiter(requests, rateWindow, httprate.WithResponseHeaders(httprate.ResponseHeaders{
		Limit: rateLimit, Remaining: rateRemaining, Reset: rateReset,
	}))}
}

// exceeded counts a request, sets its headers, and answers it if there are too many.
func (l rate) exceeded(w http.ResponseWriter, r *http.Request) bool {
	if l.RateLimiter == nil {
		return false
	}
	over := l.OnLimit(w, r, exchangeOf(r.Context()).client())
	// The library has the moment; the draft has the seconds until then.
	reset, err := strconv.ParseInt(w.Header().Get(rateReset), 10, 64)
	left := max(1, reset-time.Now().Unix())
	if err == nil {
		w.Header().Set(rateReset, strconv.FormatInt(left, 10))
	}
	if !over {
		return false
	}
	w.Header().Set(rateRemaining, "0")
	p := TooManyRequests.Problem("There are more requests from you than the portal takes in ten seconds. Wait, then send fewer.")
	p.RetryAfter = time.Duration(left) * time.Second
	refuse(w, r, p)
	return true
}

// client is for whom requests are counted: the one who is asking if that is known, or else
// its address. Of IPv6 it is the network, as a client has all addresses of one.
func (x *exchange) client() string {
	if x.who != "" {
		return x.who
	}
	addr, err := netip.ParseAddr(x.address)
	if err == nil && addr.Is6() {
		network, _ := addr.Prefix(64) // cannot fail: an IPv6 address has 128 bits
		return network.String()
	}
	return x.address
}
