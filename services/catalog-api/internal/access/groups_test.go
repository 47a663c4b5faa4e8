package access_test

import (
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

func TestGroups(t *testing.T) {
	const rules = `platform=admin; payments-devs=editor:Payments,Billing ;web=editor:Web
		team-*=editor:*; CN=ops,OU=Groups,DC=example=editor; *@example.com=viewer; /keycloak=viewer;;`
	groups, err := access.ParseGroups(rules)
	if err != nil {
		t.Fatal(err)
	}
	for names, want := range map[string]string{
		"":                                "none ",
		"unknown":                         "none ",
		"Platform":                        "none ",
		"platform":                        "admin ",
		"payments-devs":                   "editor Billing,Payments",
		"payments-devs web":               "editor Billing,Payments,Web",
		"web web":                         "editor Web",
		"web platform":                    "admin ",
		"team-search":                     "editor search",
		"team-":                           "none ", // an editor of no team would be one of all
		"team-a team-b web":               "editor Web,a,b",
		"CN=ops,OU=Groups,DC=example":     "editor ",
		"web CN=ops,OU=Groups,DC=example": "editor ",
		"ada@example.com":                 "viewer ",
		"ada@example.com.evil.org":        "none ",
		"web ada@example.com":             "editor Web",
		"/keycloak":                       "viewer ",
	} {
		role, teams := groups.Of(strings.Fields(names))
		if got := role.String() + " " + strings.Join(teams, ","); got != want {
			t.Errorf("%q may be %q, want %q", names, got, want)
		}
	}
	for rule, want := range map[string]string{"*=viewer": "viewer ", "*=editor:Core": "editor Core", "*=editor:*": "none "} {
		all, err := access.ParseGroups(rule)
		if err != nil {
			t.Fatal(err)
		}
		if role, teams := all.Of(nil); role.String()+" "+strings.Join(teams, ",") != want {
			t.Errorf("by %s everybody is %s of %v, want %q", rule, role, teams, want)
		}
	}
	if each, err := access.ParseGroups("*=editor:*"); err != nil {
		t.Error(err)
	} else if role, teams := each.Of([]string{"a", "*", "b"}); role != access.Editor || strings.Join(teams, " ") != "a b" {
		t.Errorf("each group is a team: %s of %v", role, teams)
	}
}

func TestGroupsThatCannotBeRead(t *testing.T) {
	for _, rule := range []string{"admin", "=admin", "x=root", "x=", "a*b*=viewer", "x=viewer:Core", "x=admin:Core", "x=editor:", "x=editor:,", "x=editor:*", "a=viewer; b"} {
		if groups, err := access.ParseGroups(rule); err == nil {
			t.Errorf("%q is read as %v", rule, groups)
		}
	}
}
