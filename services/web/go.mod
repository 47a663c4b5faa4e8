module github.com/dev-portal/dev-portal/services/web

go 1.26.0
