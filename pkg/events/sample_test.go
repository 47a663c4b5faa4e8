package events_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/internal/testevents"
)

const (
	billingID = testevents.BillingID
	ledgerID  = testevents.LedgerID
	source    = testevents.Source
)

var (
	at        = testevents.At
	billing   = testevents.Billing
	ledger    = testevents.Ledger
	completed = testevents.Completed
	samples   = testevents.All
)

func TestEveryTypeHasASample(t *testing.T) {
	var got []string
	for _, e := range samples() {
		got = append(got, e.Type())
	}
	if !slices.Equal(got, events.Types) {
		t.Errorf("samples are of %v, want %v", got, events.Types)
	}
}

// golden is the payload of a type as it was first published: never edit one.
func golden(tb testing.TB, typ string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", typ+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// compact is the JSON without its white space.
func compact(tb testing.TB, data []byte) string {
	tb.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		tb.Fatalf("%v in %s", err, data)
	}
	return b.String()
}
