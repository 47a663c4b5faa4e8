module github.com/dev-portal/dev-portal/services/fetcher

go 1.26.0

require (
	github.com/dev-portal/dev-portal/pkg/egress v0.0.0
	github.com/dev-portal/dev-portal/pkg/events v0.0.0
)

require github.com/google/uuid v1.6.0 // indirect

replace (
	github.com/dev-portal/dev-portal/pkg/devstack => ../../pkg/devstack
	github.com/dev-portal/dev-portal/pkg/egress => ../../pkg/egress
	github.com/dev-portal/dev-portal/pkg/events => ../../pkg/events
	github.com/dev-portal/dev-portal/pkg/service => ../../pkg/service
)
