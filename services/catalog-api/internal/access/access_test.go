package access_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

var actions = []access.Action{
	access.Read, access.CheckService, access.WriteService, access.ReadTrail, access.StoreMeasured, access.RepairEvents, access.PurgeTrail, access.PurgeTrash, access.ManageKeys, access.NoteKeyUse,
	access.ObserveCalls, access.SignIn, access.KeepSessions, access.PurgeSessions, access.NoteSettings, access.KeepHistory, access.TellIncidents, access.TellLevels,
}

func key(role access.Role, teams ...string) access.Actor {
	return access.Actor{Kind: access.Key, ID: "k", Role: role, Teams: teams}
}

// Each row has the actions that an actor may do to a service of team Core.
func TestRules(t *testing.T) {
	const all = "read, check service, write service, read trail, manage keys, observe calls"
	for name, tc := range map[string]struct {
		actor access.Actor
		may   string
	}{
		"anonymous without a role":   {access.Nobody(access.None), ""},
		"anonymous viewer":           {access.Nobody(access.Viewer), "read"},
		"anonymous editor":           {access.Nobody(access.Editor), "read, check service, write service, observe calls"},
		"anonymous admin":            {access.Nobody(access.Admin), all},
		"viewer":                     {key(access.Viewer), "read, sign in"},
		"viewer of the team":         {key(access.Viewer, "Core"), "read, sign in"},
		"editor of all teams":        {key(access.Editor), "read, check service, write service, observe calls, sign in"},
		"editor of the team":         {key(access.Editor, "Web", "Core"), "read, check service, write service, observe calls, sign in"},
		"editor of another team":     {key(access.Editor, "Web"), "read, sign in"},
		"editor of a team like it":   {key(access.Editor, "core"), "read, sign in"},
		"admin":                      {key(access.Admin), all + ", sign in"},
		"admin of another team":      {key(access.Admin, "Web"), all + ", sign in"},
		"the prober":                 {access.Prober, "store measured"},
		"the sweeper":                {access.Sweeper, "store measured, purge trail, purge trash, purge sessions, keep history"},
		"the fetcher":                {access.Fetcher, "observe calls"},
		"the relay":                  {access.Relay, "repair events"},
		"the teller":                 {access.Teller, "tell incidents, tell levels"},
		"the doorkeeper":             {access.Doorkeeper, "note key use, sign in, keep sessions"},
		"the operator":               {access.Operator, "note settings"},
		"the file of keys":           {access.KeyFile, "manage keys"},
		"the command line":           {access.CommandLine, "manage keys"},
		"an unknown part":            {access.Actor{Kind: access.System, ID: "x", Role: access.Admin}, ""},
		"a key with a part's id":     {access.Actor{Kind: access.Key, ID: access.Prober.ID, Role: access.Admin}, all + ", sign in"},
		"nothing at all":             {access.Actor{}, ""},
		"anonymous with a team":      {access.Actor{Kind: access.Anonymous, Role: access.Editor, Teams: []string{"Core"}}, "read, check service, write service, observe calls"},
		"anonymous of another team":  {access.Actor{Kind: access.Anonymous, Role: access.Editor, Teams: []string{"Web"}}, "read"},
		"a person who is an editor":  {access.Actor{Kind: access.Person, ID: "p", Role: access.Editor}, "read, check service, write service, observe calls, sign in"},
		"a person without a role":    {access.Actor{Kind: access.Person, ID: "p"}, "sign in"},
		"a person without any teams": {access.Actor{Kind: access.Person, ID: "p", Role: access.Viewer}, "read, sign in"},
	} {
		var may []string
		for _, action := range actions {
			err := tc.actor.May(action, "Core")
			denied, is := errors.AsType[*access.DeniedError](err)
			switch {
			case err == nil:
				may = append(may, string(action))
			case !is || denied.Action != action || denied.Actor.ID != tc.actor.ID || err.Error() == "":
				t.Errorf("%s: got error %#v", name, err)
			}
		}
		if got := strings.Join(may, ", "); got != tc.may {
			t.Errorf("%s may %q, want %q", name, got, tc.may)
		}
	}
	if err := key(access.Admin).May("fly"); err == nil {
		t.Error("an action without a rule is allowed")
	}
}

func TestServiceThatChangesItsTeamNeedsBoth(t *testing.T) {
	editor := key(access.Editor, "Core", "Web")
	for teams, want := range map[[2]string]bool{{"Core", "Web"}: true, {"Core", "Data"}: false, {"Data", "Core"}: false, {"", "Core"}: false} {
		err := editor.May(access.WriteService, teams[:]...)
		if (err == nil) != want {
			t.Errorf("from %q to %q: %v", teams[0], teams[1], err)
		}
	}
}

func TestDenialSaysWhatIsMissing(t *testing.T) {
	for want, err := range map[string]error{
		"anonymous has role viewer, and needs editor to write service": access.Nobody(access.Viewer).May(access.WriteService, "Core"),
		`key k may not write service of team "Core"`:                   key(access.Editor, "Web").May(access.WriteService, "Core"),
		"key k may not store measured":                                 key(access.Admin).May(access.StoreMeasured),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestParseRole(t *testing.T) {
	for _, role := range []access.Role{access.None, access.Viewer, access.Editor, access.Admin} {
		if got, err := access.ParseRole(role.String()); err != nil || got != role {
			t.Errorf("%s: got %s, %v", role, got, err)
		}
	}
	for _, word := range []string{"", "Admin", "root", fmt.Sprint(access.Role(1)) + " "} {
		if _, err := access.ParseRole(word); err == nil {
			t.Errorf("%q is a role", word)
		}
	}
}
