package catalog

import "time"

// Revision names a state of the list of services. Its zero value is that of nobody,
// who knows nothing yet.
type Revision struct {
	// Server is unique to the database server's life: after another start, or on
	// another server, what is older says nothing.
	Server string

	// Shown is the database's snapshot up to which all that the list shows is known,
	// but for what only a probe measures; Measured that up to which this is known too.
	Shown, Measured string

	// Read is when Shown was read.
	Read time.Time
}

// Changes is what the list shows anew since a revision.
type Changes struct {
	Revision Revision // that is then reached
	All      bool     // Services is all there are, and what is not in there is gone
	Services []Listed
	Deleted  []string // their ids
}

// Listed is a service in its place: a list is in the order of the keys, by their bytes.
type Listed struct {
	Service
	Key string
}
