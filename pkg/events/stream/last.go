package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// lastIdle is when the broker removes the consumer of LastPerSubject: whoever reads has no right
// to delete consumers, as a stream has those of others too.
const lastIdle = 30 * time.Second

// LastPerSubject calls take with the last message of each subject that the filter matches, of
// those that are in the stream at the start. Its error is also that of a message that was lost on
// the way: then some are missing.
func LastPerSubject(ctx context.Context, js jetstream.JetStream, name, filter string, take func(jetstream.Msg, *jetstream.MsgMetadata)) error {
	consumer, err := js.CreateConsumer(ctx, name, jetstream.ConsumerConfig{
		FilterSubject:     filter,
		DeliverPolicy:     jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: lastIdle,
	})
	if err != nil || consumer.CachedInfo().NumPending == 0 {
		return err
	}
	msgs, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer msgs.Stop()
	for next := uint64(1); ; next++ {
		msg, err := msgs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return err
		}
		if meta.Sequence.Consumer != next { // lost messages are not redelivered
			return fmt.Errorf("delivery %d came in place of %d", meta.Sequence.Consumer, next)
		}
		take(msg, meta)
		if meta.NumPending == 0 {
			return nil
		}
	}
}
