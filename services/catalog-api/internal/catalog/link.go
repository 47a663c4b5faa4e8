package catalog

import (
	"crypto/sha256"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Link is what became of a link of a service when it was checked last.
type Link struct {
	CheckedAt  time.Time          `db:"checked_at"`
	Problem    events.LinkProblem `db:"problem"`     // "": something answers there
	HTTPStatus int                `db:"http_status"` // 0: nothing answered
	Failures   int                `db:"failures"`    // checks in turn that found a problem
}

// LinkDigest is the key of a link: the SHA-256 of its URL.
type LinkDigest [sha256.Size]byte

// DigestOf returns the key of a link.
func DigestOf(url string) LinkDigest { return sha256.Sum256([]byte(url)) }

// enough is how many checks in turn must find a problem that may pass by itself.
const enough = 2

// Broken reports whether the link leads nowhere: its server says so, or several checks in turn
// found a problem. An address that the portal does not dial is not known to be broken.
func (l Link) Broken() bool {
	switch l.Problem {
	case "", events.LinkBlocked:
		return false
	case events.LinkNotFound:
		return true
	default:
		return l.Failures >= enough
	}
}
