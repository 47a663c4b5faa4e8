package outbox_test

import (
	"encoding/json"
	"testing"

	"github.com/nats-io/nats.go"
)

func decodeHeader(t *testing.T, raw []byte) (h nats.Header) {
	t.Helper()
	if err := json.Unmarshal(raw, &h); err != nil {
		t.Fatal(err)
	}
	return h
}
