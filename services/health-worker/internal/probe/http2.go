package probe

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/dev-portal/dev-portal/pkg/egress"
)

// maxFrame is the frame size that needs no negotiation, in bytes.
const maxFrame = 16 << 10

// refusedError means that an HTTP/2 server did not process the request, so that it
// may be retried.
type refusedError struct {
	error
	wantsHTTP1 bool
}

func (e refusedError) Unwrap() error { return e.error }

// askHTTP2 sends the request and reads the answer. It uses one stream, and reads less
// of the body than the initial flow-control window allows, so that it needs no window
// updates.
func askHTTP2(c *conn, req request) (answer, error) {
	s := newStream(c)
	if err := s.request(req); err != nil {
		return answer{}, err
	}
	for !s.answered {
		if err := s.step(); err != nil {
			if s.got.code >= 200 && !egress.TimedOut(err) { // the header is incomplete, but has the status
				break
			}
			return answer{}, err
		}
	}
	if !s.ended {
		s.got.rest = func() {
			s.in.N = maxBody
			for !s.ended && s.step() == nil {
			}
		}
	}
	return s.got, nil
}

// stream is the client's side of a connection's only stream.
type stream struct {
	*http2.Framer
	in     *io.LimitedReader
	out    bytes.Buffer
	conn   io.Writer
	header *hpack.Decoder

	got      answer
	answered bool // the header of the answer is complete
	ended    bool // the answer is complete
	ending   bool // the answer will be complete with the header
}

func newStream(c *conn) *stream {
	s := &stream{in: &io.LimitedReader{R: c, N: maxHeader}, conn: c, got: answer{length: -1}}
	s.Framer = http2.NewFramer(&s.out, s.in)
	s.SetMaxReadFrameSize(maxFrame)
	s.header = hpack.NewDecoder(4096, func(f hpack.HeaderField) {
		if f.Name == ":status" {
			s.got.code, _ = code(f.Value)
		}
		s.got.field(f.Name, f.Value)
	})
	return s
}

func (s *stream) request(req request) error {
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for _, f := range []hpack.HeaderField{
		{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"},
		{Name: ":authority", Value: req.authority}, {Name: ":path", Value: req.path},
		{Name: "user-agent", Value: req.userAgent}, {Name: "accept", Value: "*/*"},
		{Name: "cookie", Value: req.cookie, Sensitive: true},
	} {
		if f.Value == "" {
			continue
		}
		if err := enc.WriteField(f); err != nil {
			return err
		}
	}
	s.out.WriteString(http2.ClientPreface)
	if err := s.WriteSettings(
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: maxHeader},
	); err != nil {
		return err
	}
	first := block.Next(maxFrame)
	if err := s.WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, BlockFragment: first, EndStream: true, EndHeaders: block.Len() == 0,
	}); err != nil {
		return err
	}
	for block.Len() > 0 {
		part := block.Next(maxFrame)
		if err := s.WriteContinuation(1, block.Len() == 0, part); err != nil {
			return err
		}
	}
	s.flush()
	return nil
}

// flush sends the frames written. It ignores errors, because the answer of a server
// that has closed the connection may still be read; an error shows up then.
func (s *stream) flush() { _, _ = s.out.WriteTo(s.conn) }

// step reads one frame.
func (s *stream) step() error {
	frame, err := s.ReadFrame()
	switch {
	case err != nil && s.in.N == 0:
		return fmt.Errorf("%w: no answer in %d bytes", errNotHTTP, maxHeader)
	case err != nil && (egress.TimedOut(err) || broken(err)):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", errNotHTTP, err)
	}
	switch f := frame.(type) {
	case *http2.HeadersFrame:
		if f.StreamID != 1 {
			return fmt.Errorf("%w: an answer to what was not asked", errNotHTTP)
		}
		s.ending = s.ending || f.StreamEnded()
		return s.fragment(f.HeaderBlockFragment(), f.HeadersEnded())
	case *http2.ContinuationFrame:
		return s.fragment(f.HeaderBlockFragment(), f.HeadersEnded())
	case *http2.DataFrame:
		s.ended = s.ended || (f.StreamID == 1 && f.StreamEnded())
	case *http2.RSTStreamFrame:
		if f.StreamID == 1 {
			return refusal(f.ErrCode)
		}
	case *http2.GoAwayFrame:
		if f.LastStreamID < 1 {
			return refusal(f.ErrCode)
		}
	case *http2.SettingsFrame:
		if !f.IsAck() {
			err = s.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			err = s.WritePing(true, f.Data)
		}
	}
	s.flush()
	return err
}

// fragment decodes a part of a header. With the last part it skips an informational
// answer, or marks the answer as answered.
func (s *stream) fragment(part []byte, last bool) error {
	if s.answered { // trailers
		s.ended = s.ending
		return nil
	}
	_, err := s.header.Write(part)
	if err == nil && last {
		err = s.header.Close()
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errNotHTTP, err)
	case !last:
	case s.got.code < 100:
		return fmt.Errorf("%w: it has no status", errNotHTTP)
	case s.got.code < 200:
		s.got = answer{length: -1}
	default:
		s.answered, s.ended = true, s.ending
	}
	return nil
}

// refusal returns the error for a stream that the server has reset: a refusedError if
// the request may be retried.
func refusal(code http2.ErrCode) error {
	err := fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, http2.StreamError{StreamID: 1, Code: code})
	retryable := []http2.ErrCode{http2.ErrCodeNo, http2.ErrCodeRefusedStream, http2.ErrCodeHTTP11Required}
	if slices.Contains(retryable, code) {
		return refusedError{err, code == http2.ErrCodeHTTP11Required}
	}
	return err
}
