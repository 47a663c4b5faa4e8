package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// maxNeededBy is how many of those that need a service one answer has.
const maxNeededBy = 1000

// Dependencies reads who needs whom.
type Dependencies interface {
	// Neighbours returns the services that one needs, and at most limit of those that need it,
	// or catalog.ErrNotFound.
	Neighbours(ctx context.Context, id string, limit int) (catalog.Neighbours, error)
	// NeededServices returns a service and all that it needs through hard needs, with their status.
	// Only what impacts depend on is set.
	NeededServices(ctx context.Context, id string) ([]catalog.Service, error)
}

// need is a service that another one needs, as clients read it.
type need struct {
	ID      string                `json:"id" format:"uuid" doc:"Of the service that is needed."`
	Name    string                `json:"name" doc:"As it is now; of one that is gone, its last one." example:"Payments DB"`
	Kind    events.DependencyKind `json:"kind" enum:"hard,soft" doc:"hard: the service does not work without it; soft: it works on, with less."`
	Note    *string               `json:"note" maxLength:"200" doc:"What for."`
	Missing bool                  `json:"missing,omitempty" doc:"true: the service that is needed is gone."`
}

// newDependencies returns what a service needs as clients read it. The result has pointers into list.
func newDependencies(list []catalog.Dependency) []need {
	shown := make([]need, len(list))
	for i := range list {
		d := &list[i]
		shown[i] = need{ID: d.ID, Name: d.Name, Kind: d.Kind, Note: unlessEmpty(&d.Note), Missing: d.Missing}
	}
	return shown
}

// needWrite is a service that another one needs, as clients write it.
type needWrite struct {
	ID   rest.Field[string]                `json:"id,omitempty" format:"uuid" doc:"Of the service that is needed. It decides, if the name is given too."`
	Name rest.Field[string]                `json:"name,omitempty" doc:"Of the service that is needed, whatever its case." example:"Payments DB"`
	Kind rest.Field[events.DependencyKind] `json:"kind,omitempty" enum:"hard,soft" doc:"hard, unless it says soft."`
	Note rest.Field[string]                `json:"note,omitempty" maxLength:"200" doc:"What for."`
}

// dependsOn is the field of a service's write with what it needs.
type dependsOn = rest.List[needWrite, need]

// valueOf returns the value of a field: empty if it is absent or null.
func valueOf[T ~string](f rest.Field[T]) (value T) {
	if f.To != nil {
		value = *f.To
	}
	return value
}

// needs returns the list of a change; nil: it is absent.
func needs(list dependsOn) *[]catalog.Dependency {
	if list.To == nil {
		return nil
	}
	needed := make([]catalog.Dependency, len(*list.To))
	for i, d := range *list.To {
		needed[i] = catalog.Dependency{ID: valueOf(d.ID), Name: valueOf(d.Name), Kind: valueOf(d.Kind), Note: valueOf(d.Note)}
	}
	return &needed
}

// neighbour is a service that another one needs, or that needs the other.
type neighbour struct {
	ID      string                `json:"id" format:"uuid"`
	Name    string                `json:"name" doc:"Of one that is gone, its last one." example:"Payments DB"`
	Team    *string               `json:"team"`
	Status  *events.Status        `json:"status" enum:"healthy,unknown,degraded,down" doc:"null: it is gone."`
	Kind    events.DependencyKind `json:"kind" enum:"hard,soft" doc:"Of the need, as is note."`
	Note    *string               `json:"note"`
	Missing bool                  `json:"missing,omitempty" doc:"true: it is gone."`
	Seen    *CallsSeen            `json:"seen" doc:"What traces show of these calls; null: nothing."`
}

// TransformSchema says that nothing may have been seen.
func (neighbour) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["seen"] = rest.OrNull(s.Properties["seen"])
	return s
}

func newNeighbours(list []catalog.Neighbour) []neighbour {
	shown := make([]neighbour, len(list))
	for i := range list {
		n := &list[i]
		shown[i] = neighbour{n.ID, n.Name, unlessEmpty(&n.Team), unlessEmpty(&n.Status), n.Kind, unlessEmpty(&n.Note), n.Missing, seenOf(n)}
	}
	return shown
}

type neighbourList struct {
	Needs         []neighbour `json:"needs" nullable:"false" doc:"The services that it needs, by name."`
	NeededBy      []neighbour `json:"needed_by" nullable:"false" doc:"The services that need it, by name, the first 1,000."`
	NeededByTotal int         `json:"needed_by_total" doc:"How many need it."`
	Calls         []caller    `json:"calls" nullable:"false" doc:"The services that it was seen calling although nobody declared that it needs them, the busiest first, 1,000 of them."`
	CalledBy      []caller    `json:"called_by" nullable:"false" doc:"The services that were seen calling it although nobody declared that they need it, likewise."`
}

func exampleNeighbours() neighbourList {
	team, healthy, note, seen := "Payments", events.StatusHealthy, "writes orders", exampleSeen()
	return neighbourList{
		Needs:         []neighbour{{"019a0000-0000-7000-8000-000000000002", "Payments DB", &team, &healthy, events.DependencyHard, &note, false, &seen}},
		NeededBy:      []neighbour{{"019a0000-0000-7000-8000-000000000003", "shop", nil, &healthy, events.DependencySoft, nil, false, nil}},
		NeededByTotal: 1,
		Calls:         []caller{{"019a0000-0000-7000-8000-000000000004", "mail", nil, healthy, false, seen}},
		CalledBy:      []caller{},
	}
}

// dependencies adds the route of who needs whom.
func (a *API) dependencies(r *rest.API) {
	rest.Register(r, rest.Get("get-dependencies", rest.Prefix+"/services/{id}/dependencies", "Read what a service needs, and who needs it",
		"The services that it needs itself, and those that need it themselves, with their status now; and those that traces show it calling, or called by, without a need that was declared. A list of the latter with filters and pages is /api/services?needs=<id>."),
		a.readDependencies, rest.Answers(http.StatusOK, exampleNeighbours()), rest.Problems(rest.Malformed, rest.NotFound))
}

type dependenciesInput struct {
	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

type dependenciesOutput struct{ Body neighbourList }

// readDependencies serves GET /api/services/{id}/dependencies.
func (a *API) readDependencies(ctx context.Context, in *dependenciesInput) (*dependenciesOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	n, err := a.Catalog.Neighbours(ctx, id, maxNeededBy)
	if err != nil {
		return nil, err
	}
	return &dependenciesOutput{neighbourList{newNeighbours(n.Needs), newNeighbours(n.NeededBy), n.NeededByTotal, newCallers(n.Calls), newCallers(n.CalledBy)}}, nil
}
