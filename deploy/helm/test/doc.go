// Package chart has the tests of what deploys the portal: the Helm chart, the
// Argo CD Applications over it, the tunnel, and the rights of NATS' users. None
// needs a cluster. The module is outside go.work, so that helm's dependencies
// decide no version of the portal's.
//
// "go test ./... -update" writes the golden files, the chart's README and its
// copy of nats.conf anew.
package chart
