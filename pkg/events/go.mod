module github.com/dev-portal/dev-portal/pkg/events

go 1.26.0
