module github.com/dev-portal/dev-portal/deploy/nats

go 1.26.0
