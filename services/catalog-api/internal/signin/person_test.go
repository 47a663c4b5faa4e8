package signin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

func TestPersonOfClaims(t *testing.T) {
	for said, want := range map[string]string{
		`{"sub":"1","name":"Ada Lovelace","groups":["a","b"]}`:                                   "1|Ada Lovelace||a b",
		`{"sub":"1","preferred_username":"ada","groups":"a"}`:                                    "1|ada||a",
		`{"sub":"1","email":"Ada@Example.com","email_verified":true}`:                            "1|Ada@Example.com|ada@example.com|",
		`{"sub":"1","email":"ada@example.com","email_verified":"true"}`:                          "1|ada@example.com|ada@example.com|",
		`{"sub":"1","email":"ada@example.com","email_verified":false,"name":"Ada"}`:              "1|Ada||",
		`{"sub":"1","email":"ada@example.com"}`:                                                  "1|ada@example.com||",
		`{"sub":"1","name":"\u0000 Ada\n\tLovelace ","groups":[" a ","",null,"b\u0000","c\nd"]}`: "1|Ada Lovelace||a",
		`{"sub":"1","groups":{"a":1}}`:                                                           "1|1||",
		`{"sub":"1","groups":[1,2]}`:                                                             "1|1||",
		`{"sub":"1","name":7}`:                                                                   "1|1||",
		`{"sub":""}`:                                                                             "error",
		`{"sub":7}`:                                                                              "error",
		`{}`:                                                                                     "error",
		`{"sub":"` + strings.Repeat("x", 300) + `"}`:                                             strings.Repeat("x", 255) + "|" + strings.Repeat("x", 255) + "||",
		`{"sub":"1","groups":["` + strings.Repeat("x", 256) + `","y"]}`:                          "1|1||y",
		`{"sub":"1","groups":[` + strings.Repeat(`"g",`, 600) + `"admin"]}`:                      "1|1||" + strings.TrimSpace(strings.Repeat("g ", 500)),
	} {
		var c claims
		if err := json.Unmarshal([]byte(said), &c); err != nil {
			t.Fatal(err)
		}
		got := "error"
		if p, err := c.person("groups"); err == nil {
			got = fmt.Sprint(p.ID, "|", p.Name, "|", p.Email, "|", strings.Join(p.Groups, " "))
		}
		if got != want {
			t.Errorf("%.100s: got %.200q, want %.200q", said, got, want)
		}
	}
}

func TestWhereGroupsAre(t *testing.T) {
	var c claims
	const said = `{"realm_access":{"roles":["a"]},"https://example.com/groups":["b"],"custom":{"deep":{"groups":"c"}},"groups":[]}`
	if err := json.Unmarshal([]byte(said), &c); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"realm_access.roles": "[a] true", "https://example.com/groups": "[b] true", "custom.deep.groups": "[c] true", "groups": "[] true",
		"custom.deep": "[] true", "nowhere": "[] false", "realm_access.nowhere": "[] false", "groups.x": "[] false", "": "[] false",
	} {
		if got := fmt.Sprint(c.list(path), c.has(path)); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestEmailCountsAsGroup(t *testing.T) {
	groups, err := access.ParseGroups("ada@example.com=admin;staff=viewer")
	if err != nil {
		t.Fatal(err)
	}
	p := Person{ID: "1", Name: "Ada", Groups: []string{"staff"}}
	if got := p.Actor(groups); got.Role != access.Viewer {
		t.Errorf("without an address: %s", got.Role)
	}
	p.Email = "ada@example.com"
	if got := p.Actor(groups); got.Role != access.Admin || got.Kind != access.Person || got.ID != "1" || len(p.Groups) != 1 {
		t.Errorf("with it: %+v", got)
	}
}

func TestGrantOpensWithItsTokenAlone(t *testing.T) {
	grant := Grant{Access: "a", Refresh: "r", ID: "i"}
	sealed, err := seal("token", grant)
	if err != nil || strings.Contains(string(sealed), "refresh") {
		t.Fatalf("%s, %v", sealed, err)
	}
	if got, err := open("token", sealed); err != nil || got != grant {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, try := range map[string]struct {
		token  string
		sealed []byte
	}{
		"another token": {"other", sealed}, "a part": {"token", sealed[:20]}, "less": {"token", nil}, "changed": {"token", append([]byte{sealed[0] ^ 1}, sealed[1:]...)},
	} {
		if got, err := open(try.token, try.sealed); err == nil {
			t.Errorf("%s opens %+v", name, got)
		}
	}
}
