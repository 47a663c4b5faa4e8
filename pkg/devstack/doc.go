// Package devstack starts the servers that the services depend on, NATS and
// PostgreSQL, for the one-process edition and for tests. It imports no other package
// of the portal, and no service links it.
package devstack
