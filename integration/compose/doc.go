// Package compose tests docker-compose.yml on a Docker engine: the portal as it
// ships, in containers, from outside. Its tests have the build tag compose, since
// they build the images first: make test-compose runs them.
package compose
