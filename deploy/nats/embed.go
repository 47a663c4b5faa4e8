// Package natsrules is the configuration of the portal's NATS server, for programs
// that start one.
package natsrules

import (
	_ "embed"
	"regexp"
)

// Config is nats.conf.
//
//go:embed nats.conf
var Config string

// PasswordVariables names the variables that Config reads: one for each user that
// has a password.
func PasswordVariables() []string {
	var names []string
	for _, found := range regexp.MustCompile(`(?m)^\s*password: \$(NATS_[A-Z_]+_PASSWORD)$`).FindAllStringSubmatch(Config, -1) {
		names = append(names, found[1])
	}
	return names
}
