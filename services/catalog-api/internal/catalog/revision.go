package catalog

import "time"

// Revision identifies a state of the list of services. The zero value is before any state.
// It may change although the list did not: any transaction in the cluster moves it.
type Revision struct {
	// Server identifies a run of the database server. Revisions of another run or
	// another server are not comparable.
	Server string

	// Shown is the database snapshot up to which the list is known, apart from
	// measurements: latency and time of the last probe. Measured is the one up to which
	// measurements are known too.
	Shown, Measured string

	// Read is when Shown was read.
	Read time.Time
}

// Changes are the changes of the list since a revision.
type Changes struct {
	Revision Revision // after the changes
	All      bool     // Services has all services: others are deleted
	Services []Listed
	Deleted  []string // ids
}

// Listed is a service with its sort key. Lists are sorted by the bytes of the keys.
type Listed struct {
	Service
	Key string
}
