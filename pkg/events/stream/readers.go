package stream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The limits of the readers of stream PORTAL, so that neither they nor the portal run
// out of consumers: a stream has at most 1,000.
const (
	maxDurables  = 100             // durable ones of all readers
	maxOfReader  = 50              // of one reader, durable or not
	maxConsumers = 800             // in all, including the portal's own, for a reader to get one more
	maxIdle      = 5 * time.Minute // after which an ephemeral consumer of a reader is deleted

	// admitPrefix is the subject to which NATS maps the readers' requests to
	// $JS.API.CONSUMER.CREATE.PORTAL.
	admitPrefix  = "portal.readers.create."
	createPrefix = "$JS.API.CONSUMER.CREATE." + events.StreamPortal + "."

	// readerKey is the key of a consumer's metadata that holds its reader: a user at
	// an address.
	readerKey = "dev-portal-reader"

	admitTimeout = 4 * time.Second // within the 5 s that clients wait
)

// The error codes of NATS for refused requests.
const (
	errConsumerCreate   = 10012
	errMaximumConsumers = 10026
)

// AdmitReaders creates the consumers that readers request from accounts of their own
// (see deploy/nats/nats.conf), until ctx ends. It is for catalog-api, which owns the
// stream. A reader can create a pull consumer under an unused name; it can't update an
// existing one. The consumers of a reader, the durable ones and all together are limited. Several processes may run
// AdmitReaders at once: one of them answers each request.
func AdmitReaders(ctx context.Context, js jetstream.JetStream) error {
	requests := make(chan *nats.Msg, maxConsumers)
	sub, err := js.Conn().ChanQueueSubscribe(admitPrefix+">", "catalog-api", requests)
	if err != nil {
		return fmt.Errorf("admit readers: %w", err)
	}
	var answering sync.WaitGroup
	answering.Go(func() {
		for {
			select {
			case msg := <-requests:
				admit(ctx, js, msg)
			case <-ctx.Done():
				return
			}
		}
	})
	<-ctx.Done()
	answering.Wait()
	if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		return fmt.Errorf("admit readers: %w", err)
	}
	return nil
}

// admit answers a request with the answer of NATS, or with the reason why it is
// refused. If answering fails, the reader's request times out and is retried.
func admit(ctx context.Context, js jetstream.JetStream, msg *nats.Msg) {
	ctx, cancel := context.WithTimeout(ctx, admitTimeout)
	defer cancel()
	var answer []byte
	request, err := reviewed(ctx, js, msg)
	if err == nil {
		var res *nats.Msg
		if res, err = js.Conn().RequestWithContext(ctx, createPrefix+strings.TrimPrefix(msg.Subject, admitPrefix), request); err == nil {
			answer = res.Data
		}
	}
	if err != nil {
		answer = refusalOf(err)
	}
	_ = msg.Respond(answer)
}

// createRequest is a request to NATS to create a consumer.
type createRequest struct {
	Stream string                   `json:"stream_name"`
	Config jetstream.ConsumerConfig `json:"config"`
	Action string                   `json:"action"`
}

// reviewed returns the request to forward to NATS. It is encoded anew from the fields
// that this version knows, as an unknown field could ask for anything.
func reviewed(ctx context.Context, js jetstream.JetStream, msg *nats.Msg) ([]byte, error) {
	var request createRequest
	if err := json.Unmarshal(msg.Data, &request); err != nil {
		return nil, refusal("the request cannot be read: " + err.Error())
	}
	cfg := &request.Config
	switch {
	case cfg.DeliverSubject != "":
		return nil, refusal("a consumer of a reader is pulled from, and delivers to no subject")
	case cmp.Or(cfg.Durable, cfg.Name) == durablePlanner:
		return nil, refusal("the name is the portal's own")
	}
	if cfg.Durable == "" {
		cfg.InactiveThreshold = min(cfg.InactiveThreshold, maxIdle)
	}
	request.Action = "create" // never "update", nor whichever fits
	reader := readerOf(msg)
	if cfg.Metadata == nil {
		cfg.Metadata = map[string]string{}
	}
	cfg.Metadata[readerKey] = reader
	if err := checkLimits(ctx, js, reader, cfg.Durable != ""); err != nil {
		return nil, err
	}
	return json.Marshal(request)
}

// readerOf returns the sender of a request by the header of NATS, which a client can't
// forge.
func readerOf(msg *nats.Msg) string {
	var who struct {
		Account string `json:"acc"`
		User    string `json:"user"`
		Host    string `json:"host"`
	}
	_ = json.Unmarshal([]byte(msg.Header.Get("Nats-Request-Info")), &who) // all senders without a name count as one reader
	return who.Account + "/" + who.User + "@" + who.Host
}

// checkLimits returns an error if the reader may not have one more consumer.
func checkLimits(ctx context.Context, js jetstream.JetStream, reader string, durable bool) error {
	stream, err := js.Stream(ctx, events.StreamPortal)
	if err != nil {
		return err
	}
	if stream.CachedInfo().State.Consumers >= maxConsumers {
		return limitReached("readers have too many")
	}
	durables, own, list := 0, 0, stream.ListConsumers(ctx)
	for c := range list.Info() {
		if c.Config.Durable != "" && c.Name != durablePlanner {
			durables++
		}
		if c.Config.Metadata[readerKey] == reader {
			own++
		}
	}
	if err := list.Err(); err != nil {
		return err
	}
	switch {
	case own >= maxOfReader:
		return limitReached("this reader has too many")
	case durable && durables >= maxDurables:
		return limitReached("readers have too many durable ones")
	}
	return nil
}

func limitReached(why string) error {
	return &jetstream.APIError{Code: 400, ErrorCode: errMaximumConsumers, Description: "maximum consumers limit reached: " + why}
}

func refusal(why string) error {
	return &jetstream.APIError{Code: 400, ErrorCode: errConsumerCreate, Description: why}
}

// refusalOf returns err as a JetStream API response.
func refusalOf(err error) []byte {
	var apiErr *jetstream.APIError
	if !errors.As(err, &apiErr) {
		apiErr = &jetstream.APIError{Code: 503, ErrorCode: errConsumerCreate, Description: "the consumer cannot be made now"}
	}
	answer, _ := json.Marshal(map[string]any{"type": "io.nats.jetstream.api.v1.consumer_create_response", "error": apiErr})
	return answer
}
