package demo

import "time"

// plan says who is on call for a team, in the form of the API.
type plan struct {
	Kind     string    `json:"kind"`
	Contact  *person   `json:"contact,omitempty"`
	Rotation *rotation `json:"rotation,omitempty"`
}

type person struct {
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
	URL   string `json:"url,omitempty"`
}

type rotation struct {
	People    []person   `json:"people"`
	Zone      string     `json:"zone"`
	Starts    string     `json:"starts"`
	ShiftDays int        `json:"shift_days"`
	Overrides []override `json:"overrides,omitempty"`
}

type override struct {
	From   string `json:"from"`
	Until  string `json:"until"`
	Person person `json:"person"`
}

// plans returns those of the teams that have one, by their names. The rotations began at nine
// on the day before today, so that somebody is on call in every zone. There is no calendar: it would
// be read from elsewhere.
func plans(today time.Time) map[string]*plan {
	at := func(days int, clock string) string {
		return today.AddDate(0, 0, days).Format(time.DateOnly) + "T" + clock
	}
	turns := func(zone string, days int, people ...person) *plan {
		return &plan{Kind: "rotation", Rotation: &rotation{People: people, Zone: zone, Starts: at(-1, "09:00"), ShiftDays: days}}
	}
	ada, grace := person{Name: "Ada Lovelace", Email: "ada@example.com", Phone: "+41 44 000 00 01"}, person{Name: "Grace Hopper", Email: "grace@example.com"}
	alan, joan := person{Name: "Alan Turing", Phone: "+44 20 0000 0002"}, person{Name: "Joan Clarke", Email: "joan@example.com"}

	weekly := turns("Europe/Zurich", 7, ada, alan, grace)
	weekly.Rotation.Overrides = []override{{From: at(1, "18:00"), Until: at(2, "09:00"), Person: joan}}
	return map[string]*plan{
		"Payments": weekly,
		"Identity": turns("America/New_York", 1, joan, grace),
		"Web":      turns("Asia/Kolkata", 14, alan, joan),
		"Platform": {Kind: "contact", Contact: &person{Name: "Platform duty desk", Phone: "+41 44 000 00 00", URL: "https://pager.example.com/platform"}},
	}
}
