// Package devstack starts what the services depend on, a NATS server and a
// PostgreSQL cluster, for the one-process edition and for tests. It imports none
// of ours, and no service links it.
package devstack
