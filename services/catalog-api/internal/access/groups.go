package access

import (
	"fmt"
	"slices"
	"strings"
)

// Groups say what the members of groups at a sign-on may do.
type Groups []grant

// grant is what the members of a group may do.
type grant struct {
	group string // may have one "*", which stands for any text; alone: everybody
	role  Role
	teams []string // may have a "*" each, which stands for what that of the group does
}

// ParseGroups reads rules such as
//
//	platform=admin; payments-devs=editor:Payments,Billing; team-*=editor:*; *=viewer
//
// with semicolons or line ends between. A group may itself have "=", as in a distinguished
// name of LDAP.
func ParseGroups(text string) (Groups, error) {
	var groups Groups
	for rule := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		rule = strings.TrimSpace(rule)
		if rule == "" {
			continue
		}
		at := max(0, strings.LastIndex(rule, "="))
		group, grants := strings.TrimSpace(rule[:at]), rule[at:]
		word, teams, some := strings.Cut(strings.TrimPrefix(grants, "="), ":")
		role, err := ParseRole(strings.TrimSpace(word))
		g := grant{group: group, role: role}
		for team := range strings.SplitSeq(teams, ",") {
			if team = strings.TrimSpace(team); team != "" {
				g.teams = append(g.teams, team)
			}
		}
		switch {
		case group == "" || strings.Count(group, "*") > 1:
			return nil, fmt.Errorf("%.100q has no group; a rule looks like payments-devs=editor:Payments", rule)
		case err != nil:
			return nil, fmt.Errorf("%.100q: %w", rule, err)
		case strings.Contains(teams, "*") && !strings.Contains(group, "*"):
			return nil, fmt.Errorf("%.100q: a * in a team is what a * in the group stands for, which has none", rule)
		case some && (role != Editor || len(g.teams) == 0):
			return nil, fmt.Errorf("%.100q: only an editor has teams, and at least one after a colon", rule)
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// Of returns what a member of all these groups may do: the highest of their roles, and as an
// editor the teams of all of them; none: all teams. Without any of the groups it is None.
func (g Groups) Of(names []string) (role Role, teams []string) {
	all := false // teams
	names = append([]string{everybody}, names...)
	for _, one := range g {
		for _, name := range names {
			wild, is := one.matches(name)
			if !is || one.role < role {
				continue
			}
			if one.role > role {
				role, teams, all = one.role, nil, false
			}
			all = all || len(one.teams) == 0
			for _, team := range one.teams {
				team = strings.Replace(team, "*", wild, 1)
				if !slices.Contains(teams, team) {
					teams = append(teams, team)
				}
			}
		}
	}
	if all {
		return role, nil
	}
	slices.Sort(teams)
	return role, teams
}

// everybody is the group that all are in. It gives no name to a team.
const everybody = "*"

// matches reports whether g is about the group of a name, and what its "*" stands for, which
// is never empty: it would be no team, and without teams an editor is one of all.
func (g grant) matches(name string) (wild string, is bool) {
	before, after, some := strings.Cut(g.group, "*")
	switch {
	case name == everybody:
		return "", g.group == everybody && !slices.ContainsFunc(g.teams, func(team string) bool { return strings.Contains(team, "*") })
	case !some:
		return "", g.group == name
	}
	rest, starts := strings.CutPrefix(name, before)
	wild, ends := strings.CutSuffix(rest, after)
	return wild, starts && ends && wild != ""
}
