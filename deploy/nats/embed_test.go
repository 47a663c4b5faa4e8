package natsrules

import (
	"regexp"
	"testing"
)

func TestEveryUserHasAPassword(t *testing.T) {
	users := regexp.MustCompile(`(?m)^\s*user: [a-z-]+$`).FindAllString(Config, -1)
	if got := PasswordVariables(); len(got) != len(users) || len(users) < 3 {
		t.Errorf("%d users have the passwords %v", len(users), got)
	}
}
