package stream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestLoopRetriesUntilContextEnds(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	ctx, stop := context.WithCancel(t.Context())
	var happened []string
	err := stream.Loop{
		Conn: js.Conn(),
		Open: func(context.Context) (jetstream.Consumer, error) {
			happened = append(happened, "open")
			if len(happened) == 1 {
				return nil, errors.New("not there")
			}
			return nil, nil
		},
		Serve: func(ctx context.Context, _ jetstream.Consumer) error {
			happened = append(happened, "serve")
			if len(happened) < 8 {
				return errors.New("broken off")
			}
			stop()
			return ctx.Err()
		},
		Attached: func(yes bool) { happened = append(happened, fmt.Sprint(yes)) },
		OnError:  func(err error) { happened = append(happened, err.Error()) },
	}.Run(ctx)
	want := "open, open: not there, open, true, serve, false, broken off, open, true, serve, false"
	if got := strings.Join(happened, ", "); err != nil || got != want {
		t.Errorf("got %v and %q, want %q", err, got, want)
	}
}

func TestLoopEndsWhenConnectionIsClosed(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	err := stream.Loop{
		Conn: js.Conn(),
		Open: func(context.Context) (jetstream.Consumer, error) {
			js.Conn().Close()
			return nil, nil
		},
		Serve: func(context.Context, jetstream.Consumer) error { return errors.New("closed") },
	}.Run(t.Context())
	if !errors.Is(err, nats.ErrConnectionClosed) {
		t.Errorf("got %v, want %v", err, nats.ErrConnectionClosed)
	}
}

func TestLoopLogsOnceThatStreamIsMissing(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	var text bytes.Buffer
	say := stream.LogErrors(slog.New(slog.NewTextHandler(&text, nil)), js.Conn(), "live")
	absent := fmt.Errorf("open: %w", jetstream.ErrStreamNotFound)
	for _, err := range []error{absent, absent, errors.New("broken off"), absent, absent, fmt.Errorf("%w: no id", events.ErrPoison)} {
		say(err)
	}
	var said []string
	for _, line := range regexp.MustCompile(`level=(\w+) msg="(\w+)`).FindAllStringSubmatch(text.String(), -1) {
		said = append(said, line[1]+" "+line[2])
	}
	want := []string{"INFO waiting", "WARN reading", "WARN waiting", "WARN message"}
	if !slices.Equal(said, want) {
		t.Errorf("said %q, want %q; the log:\n%s", said, want, &text)
	}
	js.Conn().Close()
	text.Reset()
	if say(errors.New("broken off")); text.Len() > 0 {
		t.Errorf("said of a connection that is lost: %s", &text)
	}
}
