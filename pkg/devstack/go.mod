module github.com/dev-portal/dev-portal/pkg/devstack

go 1.26.0
