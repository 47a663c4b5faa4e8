module github.com/dev-portal/dev-portal/bench

go 1.26.0

require (
	github.com/dev-portal/dev-portal/pkg/devstack v0.0.0
	github.com/dev-portal/dev-portal/pkg/events v0.0.0
	github.com/jmoiron/sqlx v1.4.0
	github.com/lib/pq v1.12.3
	github.com/nats-io/nats.go v1.55.0
	golang.org/x/sync v0.24.0
)

require (
	github.com/antithesishq/antithesis-sdk-go v0.8.0-default-no-op // indirect
	github.com/fergusstrange/embedded-postgres v1.34.0 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/nats-io/jwt/v2 v2.8.2 // indirect
	github.com/nats-io/nats-server/v2 v2.15.2 // indirect
	github.com/nats-io/nkeys v0.4.16 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/xi2/xz v0.0.0-20171230120015-48954b6210f8 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace (
	github.com/dev-portal/dev-portal/deploy/nats => ../deploy/nats
	github.com/dev-portal/dev-portal/pkg/devstack => ../pkg/devstack
	github.com/dev-portal/dev-portal/pkg/devstack/provider => ../pkg/devstack/provider
	github.com/dev-portal/dev-portal/pkg/egress => ../pkg/egress
	github.com/dev-portal/dev-portal/pkg/events => ../pkg/events
	github.com/dev-portal/dev-portal/pkg/service => ../pkg/service
	github.com/dev-portal/dev-portal/services/catalog-api => ../services/catalog-api
	github.com/dev-portal/dev-portal/services/doctor => ../services/doctor
	github.com/dev-portal/dev-portal/services/fetcher => ../services/fetcher
	github.com/dev-portal/dev-portal/services/health-worker => ../services/health-worker
	github.com/dev-portal/dev-portal/services/standalone => ../services/standalone
	github.com/dev-portal/dev-portal/services/web => ../services/web
)
