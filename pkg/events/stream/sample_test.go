package stream_test

import (
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/internal/testevents"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const (
	billingID = testevents.BillingID
	ledgerID  = testevents.LedgerID
	source    = testevents.Source
)

var (
	at      = testevents.At
	billing = testevents.Billing
	ledger  = testevents.Ledger
	samples = testevents.All
)

func encode(tb testing.TB, e events.Event) *nats.Msg {
	tb.Helper()
	msg, err := stream.Encode(source, e)
	if err != nil {
		tb.Fatal(err)
	}
	return msg
}

func sample[E events.Event](t *testing.T) E {
	t.Helper()
	for _, e := range samples() {
		if got, ok := e.(E); ok {
			return got
		}
	}
	t.Fatal("no sample of this type")
	panic("unreachable")
}
