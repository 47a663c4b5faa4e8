// Package compose tests docker-compose.yml on a Docker engine: the shipped portal, in
// containers, from outside. Its tests have the build tag compose, because they build the
// images first; make test-compose runs them.
package compose
