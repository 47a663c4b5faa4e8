module github.com/dev-portal/dev-portal/pkg/egress

go 1.26.0
