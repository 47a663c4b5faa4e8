module github.com/dev-portal/dev-portal/services/health-worker

go 1.26.0

require (
	github.com/dev-portal/dev-portal/pkg/devstack v0.0.0
	github.com/dev-portal/dev-portal/pkg/events v0.0.0
)

replace (
	github.com/dev-portal/dev-portal/pkg/devstack => ../../pkg/devstack
	github.com/dev-portal/dev-portal/pkg/events => ../../pkg/events
)
