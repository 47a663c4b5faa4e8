package catalog

import (
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Releases are those of a service's software, as far as its repository could be read.
type Releases struct {
	Repository string                // that the service links to; "": to none
	CheckedAt  time.Time             // when what is known of it changed or was confirmed; zero: nobody has looked yet
	Problem    events.ReleaseProblem // why it could not be read then; "": it could
	Items      []events.Release      // the newest first
}
