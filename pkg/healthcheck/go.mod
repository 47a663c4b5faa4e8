module github.com/dev-portal/dev-portal/pkg/healthcheck

go 1.26.0
