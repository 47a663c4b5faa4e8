package stream

import (
	"bytes"
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

// What readers of stream PORTAL may have, so that neither they nor the portal
// run out: a stream holds 1,000 consumers.
const (
	maxDurables  = 100             // kept while their readers are away
	maxOfReader  = 50              // of one reader, durable or not
	maxConsumers = 800             // in all, the portal's own too, when a reader asks for one more
	maxIdle      = 5 * time.Minute // after which an ephemeral consumer of a reader goes

	// admitPrefix is where NATS sends what readers ask to $JS.API.CONSUMER.CREATE.PORTAL.
	admitPrefix  = "portal.readers.create."
	createPrefix = "$JS.API.CONSUMER.CREATE." + events.StreamPortal + "."
	// deliverPrefix is what NATS hands to the readers' accounts as their inboxes:
	// what is delivered there reaches nobody else.
	deliverPrefix = "portal.readers.inbox."
	inboxPrefix   = "_INBOX."

	// readerKey is under what a consumer says whose it is: a user at an address.
	readerKey = "dev-portal-reader"

	admitTimeout = 4 * time.Second // within the 5 s that clients wait
)

// NATS' own numbers for what is refused here.
const (
	errConsumerCreate   = 10012
	errMaximumConsumers = 10026
)

// AdmitReaders makes the consumers that readers ask for in accounts of their own
// (see deploy/nats/nats.conf), until ctx ends: it is for catalog-api, which owns the
// stream. A reader gets a consumer that it pulls from, or that delivers to an inbox
// of its own account, under a name that nobody has; nobody changes one that is
// there. Those of a reader, durable ones and all together are limited. Several may
// run at once: one of them answers.
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

// admit answers a request: with NATS' own answer, or why it is refused. A failure
// to answer is the reader's time-out; it asks again.
func admit(ctx context.Context, js jetstream.JetStream, msg *nats.Msg) {
	ctx, cancel := context.WithTimeout(ctx, admitTimeout)
	defer cancel()
	var answer []byte
	request, err := reviewed(ctx, js, msg)
	if err == nil {
		var res *nats.Msg
		if res, err = js.Conn().RequestWithContext(ctx, createPrefix+strings.TrimPrefix(msg.Subject, admitPrefix), request); err == nil {
			answer = bytes.ReplaceAll(res.Data, []byte(`"deliver_subject":"`+deliverPrefix), []byte(`"deliver_subject":"`+inboxPrefix))
		}
	}
	if err != nil {
		answer = refusalOf(err)
	}
	_ = msg.Respond(answer)
}

// createRequest is what NATS is asked for a consumer.
type createRequest struct {
	Stream string                   `json:"stream_name"`
	Config jetstream.ConsumerConfig `json:"config"`
	Action string                   `json:"action"`
}

// reviewed is the request as NATS may have it: written anew from what this
// version knows of, as a word that it does not know could ask for anything.
func reviewed(ctx context.Context, js jetstream.JetStream, msg *nats.Msg) ([]byte, error) {
	var request createRequest
	if err := json.Unmarshal(msg.Data, &request); err != nil {
		return nil, refusal("the request cannot be read: " + err.Error())
	}
	cfg := &request.Config
	switch {
	case cfg.DeliverSubject != "" && !strings.HasPrefix(cfg.DeliverSubject, inboxPrefix):
		return nil, refusal("a consumer of a reader delivers to an inbox, or is pulled from")
	case cmp.Or(cfg.Durable, cfg.Name) == durablePlanner:
		return nil, refusal("the name is the portal's own")
	}
	if inbox, ok := strings.CutPrefix(cfg.DeliverSubject, inboxPrefix); ok {
		cfg.DeliverSubject = deliverPrefix + inbox
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
	if err := room(ctx, js, reader, cfg.Durable != ""); err != nil {
		return nil, err
	}
	return json.Marshal(request)
}

// readerOf is who asks, as NATS says it: no client can say it in its place.
func readerOf(msg *nats.Msg) string {
	var who struct {
		Account string `json:"acc"`
		User    string `json:"user"`
		Host    string `json:"host"`
	}
	_ = json.Unmarshal([]byte(msg.Header.Get("Nats-Request-Info")), &who) // who is not named is one reader with those like it
	return who.Account + "/" + who.User + "@" + who.Host
}

// room says whether a reader may have one more.
func room(ctx context.Context, js jetstream.JetStream, reader string, durable bool) error {
	stream, err := js.Stream(ctx, events.StreamPortal)
	if err != nil {
		return err
	}
	if stream.CachedInfo().State.Consumers >= maxConsumers {
		return full("readers have too many")
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
		return full("this reader has too many")
	case durable && durables >= maxDurables:
		return full("readers have too many durable ones")
	}
	return nil
}

func full(why string) error {
	return &jetstream.APIError{Code: 400, ErrorCode: errMaximumConsumers, Description: "maximum consumers limit reached: " + why}
}

func refusal(why string) error {
	return &jetstream.APIError{Code: 400, ErrorCode: errConsumerCreate, Description: why}
}

// refusalOf is an error as NATS says it.
func refusalOf(err error) []byte {
	var said *jetstream.APIError
	if !errors.As(err, &said) {
		said = &jetstream.APIError{Code: 503, ErrorCode: errConsumerCreate, Description: "the consumer cannot be made now"}
	}
	answer, _ := json.Marshal(map[string]any{"type": "io.nats.jetstream.api.v1.consumer_create_response", "error": said})
	return answer
}
