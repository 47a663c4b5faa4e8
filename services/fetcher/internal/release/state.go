package release

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// readAnew is how old the last message of a service may be: then it is sent again whatever the
// forge says, so that whoever has lost it gets it back, and it does not expire.
const readAnew = 24 * time.Hour

// sent is what was said last of a service's repository. The stream has it, so that a fetcher
// that starts goes on where another ended.
type sent struct {
	link      string
	digest    [sha256.Size]byte // of the releases, or the problem
	validator string            // "" after a problem
	at        time.Time
}

func newSent(e events.ReleasesFound) sent {
	return sent{e.GitHubURL, digest(e), e.Validator, e.CheckedAt}
}

// digest returns a digest of what the forge said, whenever it did.
func digest(e events.ReleasesFound) [sha256.Size]byte {
	said, err := json.Marshal([]any{e.Releases, e.Complete, e.Problem})
	if err != nil {
		return [sha256.Size]byte{} // impossible: it has texts and times
	}
	return sha256.Sum256(said)
}

// old reports whether it is to be sent again.
func (s sent) old(now time.Time) bool { return now.Sub(s.at) >= readAnew }

// readSent reads what was said last of each service, by its id.
func readSent(ctx context.Context, js jetstream.JetStream) (map[string]sent, error) {
	found := map[string]sent{}
	err := stream.LastPerSubject(ctx, js, events.StreamFetched, events.AllFound, func(msg jetstream.Msg, _ *jetstream.MsgMetadata) {
		if e, err := events.DecodeAs[events.ReleasesFound](msg.Headers(), msg.Data()); err == nil {
			found[e.ServiceID] = newSent(e)
		} // else it is of a later version: it is read anew
	})
	return found, err
}
