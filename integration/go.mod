module github.com/dev-portal/dev-portal/integration

go 1.26.0

require (
	github.com/dev-portal/dev-portal/pkg/devstack v0.0.0
	github.com/dev-portal/dev-portal/pkg/events v0.0.0
	github.com/dev-portal/dev-portal/services/catalog-api v0.0.0
	github.com/dev-portal/dev-portal/services/health-worker v0.0.0
	github.com/dev-portal/dev-portal/services/standalone v0.0.0
	github.com/dev-portal/dev-portal/services/web v0.0.0
)

replace (
	github.com/dev-portal/dev-portal/pkg/devstack => ../pkg/devstack
	github.com/dev-portal/dev-portal/pkg/events => ../pkg/events
	github.com/dev-portal/dev-portal/services/catalog-api => ../services/catalog-api
	github.com/dev-portal/dev-portal/services/health-worker => ../services/health-worker
	github.com/dev-portal/dev-portal/services/standalone => ../services/standalone
	github.com/dev-portal/dev-portal/services/web => ../services/web
)
