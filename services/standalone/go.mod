module github.com/dev-portal/dev-portal/services/standalone

go 1.26.0

require (
	github.com/dev-portal/dev-portal/deploy/nats v0.0.0
	github.com/dev-portal/dev-portal/pkg/devstack v0.0.0
	github.com/dev-portal/dev-portal/pkg/events v0.0.0
	github.com/dev-portal/dev-portal/pkg/service v0.0.0
	github.com/dev-portal/dev-portal/services/catalog-api v0.0.0
	github.com/dev-portal/dev-portal/services/doctor v0.0.0
	github.com/dev-portal/dev-portal/services/fetcher v0.0.0
	github.com/dev-portal/dev-portal/services/health-worker v0.0.0
	github.com/dev-portal/dev-portal/services/web v0.0.0
	github.com/lib/pq v1.12.3
	github.com/nats-io/nats.go v1.55.0
	github.com/prometheus/client_golang v1.25.0
	golang.org/x/sync v0.24.0
)

require (
	github.com/DataDog/sketches-go v1.4.8 // indirect
	github.com/KimMachineGun/automemlimit v1.0.1 // indirect
	github.com/alexedwards/scs/v2 v2.9.0 // indirect
	github.com/antithesishq/antithesis-sdk-go v0.8.0-default-no-op // indirect
	github.com/arran4/golang-ical v0.3.4 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/bits-and-blooms/bitset v1.20.0 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/coreos/go-oidc/v3 v3.21.0 // indirect
	github.com/danielgtaylor/huma/v2 v2.37.2 // indirect
	github.com/dev-portal/dev-portal/pkg/egress v0.0.0 // indirect
	github.com/fergusstrange/embedded-postgres v1.34.0 // indirect
	github.com/go-chi/chi/v5 v5.5.0 // indirect
	github.com/go-chi/httprate v0.16.1 // indirect
	github.com/go-jose/go-jose/v4 v4.1.9 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/jmoiron/sqlx v1.4.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/klauspost/cpuid/v2 v2.3.0 // indirect
	github.com/lmittmann/tint v1.2.1 // indirect
	github.com/mfridman/interpolate v0.0.2 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/nats-io/jwt/v2 v2.8.2 // indirect
	github.com/nats-io/nats-server/v2 v2.15.2 // indirect
	github.com/nats-io/nkeys v0.4.16 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/nlnwa/whatwg-url v0.6.2 // indirect
	github.com/package-url/packageurl-go v0.1.7 // indirect
	github.com/pandatix/go-abnf v0.5.5 // indirect
	github.com/pbnjay/memory v0.0.0-20210728143218-7b4eea64cf58 // indirect
	github.com/pressly/goose/v3 v3.29.0 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.74.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/sethvargo/go-retry v0.5.0 // indirect
	github.com/synadia-io/orbit.go/jetstreamext v0.3.2 // indirect
	github.com/synadia-io/orbit.go/natsext v0.1.3 // indirect
	github.com/teambition/rrule-go v1.8.2 // indirect
	github.com/xi2/xz v0.0.0-20171230120015-48954b6210f8 // indirect
	github.com/yuin/goldmark v1.8.7 // indirect
	github.com/zeebo/xxh3 v1.0.2 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/oauth2 v0.38.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/term v0.48.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/time v0.16.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace (
	github.com/dev-portal/dev-portal/deploy/nats => ../../deploy/nats
	github.com/dev-portal/dev-portal/pkg/devstack => ../../pkg/devstack
	github.com/dev-portal/dev-portal/pkg/devstack/provider => ../../pkg/devstack/provider
	github.com/dev-portal/dev-portal/pkg/egress => ../../pkg/egress
	github.com/dev-portal/dev-portal/pkg/events => ../../pkg/events
	github.com/dev-portal/dev-portal/pkg/service => ../../pkg/service
	github.com/dev-portal/dev-portal/services/catalog-api => ../catalog-api
	github.com/dev-portal/dev-portal/services/doctor => ../doctor
	github.com/dev-portal/dev-portal/services/fetcher => ../fetcher
	github.com/dev-portal/dev-portal/services/health-worker => ../health-worker
	github.com/dev-portal/dev-portal/services/web => ../web
)
