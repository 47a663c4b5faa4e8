package events_test

import (
	"fmt"
	"log"
	"os"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// A program that has a message from elsewhere, by another consumer of its own.
func ExampleDecode() {
	header := map[string][]string{
		"ce-specversion": {"1.0"},
		"ce-type":        {"dev.portal.status.changed.v1"},
		"ce-id":          {"0199a3c2-9d00-7c11-b2a4-5e0c4d1f8a77"},
		"ce-source":      {"/dev-portal/catalog-api"},
		"ce-time":        {"2026-03-14T09:35:23.102Z"},
	}
	data, err := os.ReadFile("testdata/dev.portal.status.changed.v1.json")
	if err != nil {
		log.Fatal(err)
	}

	env, err := events.Decode(header, data)
	if err != nil {
		log.Fatal(err) // it wraps ErrPoison or ErrUnknownType: don't ask for it again
	}
	if e, ok := env.Event.(events.StatusChanged); ok {
		fmt.Printf("%s: tell %s that %s is %s (%s, HTTP %d)\n",
			env.Time.Format("15:04:05"), e.Team, e.Name, e.To, e.Reason, e.HTTPStatus)
	}
	// Output: 09:35:23: tell Payments that billing is degraded (http_5xx, HTTP 503)
}
