// Package integration tests the whole portal from outside: the shipped commands, as
// processes that can be killed, on a real Postgres and a real NATS.
package integration
