package probe

import (
	"bufio"
	"errors"
	"io"
	"net/http/httputil"
	"strings"

	"github.com/dev-portal/dev-portal/pkg/egress"
)

// askHTTP1 sends the request and reads the answer as leniently as browsers do: only
// the status line must be valid. Invalid lines of the header are ignored, and a
// header that ends too early or is too long is taken as far as it was read.
func askHTTP1(c *conn, req request) (answer, error) {
	var text strings.Builder
	text.WriteString("GET " + req.path + " HTTP/1.1\r\nHost: " + req.authority +
		"\r\nUser-Agent: " + req.userAgent + "\r\nAccept: */*\r\n")
	if req.cookie != "" {
		text.WriteString("Cookie: " + req.cookie + "\r\n")
	}
	text.WriteString("Connection: close\r\n\r\n")
	_, sendErr := io.WriteString(c, text.String())

	// A server may have answered and closed the connection before reading the request.
	limit := &io.LimitedReader{R: c, N: maxHeader}
	r := reader{bufio.NewReader(limit)}
	got, err := r.answer()
	switch {
	case err == nil:
	case limit.N == 0:
		return answer{}, errNotHTTP
	case sendErr != nil && errors.Is(err, io.EOF):
		return answer{}, sendErr
	default:
		return answer{}, err
	}
	if body := r.body(got); body != nil {
		got.rest = func() {
			limit.N = maxBody
			_, _ = io.Copy(io.Discard, io.LimitReader(body, maxBody)) // an error doesn't matter: the header decides
		}
	}
	return got, nil
}

type reader struct{ *bufio.Reader }

// answer reads the header of the first answer that isn't informational.
func (r reader) answer() (answer, error) {
	for {
		got := answer{length: -1}
		var err error
		if got.code, err = r.status(); err != nil {
			return answer{}, err
		}
		err = r.fields(&got)
		switch {
		case err == nil && got.informational():
			continue
		case err != nil && (got.informational() || egress.TimedOut(err)):
			return answer{}, err
		}
		return got, nil
	}
}

// status reads a status line. It fails with errNotHTTP as soon as the bytes read
// can't be the start of one. A carriage return alone ends the line only if no line
// feed follows until the end of the stream.
func (r reader) status() (int, error) {
	line := make([]byte, 0, 64)
	for {
		b, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return lastStatus(string(line))
		}
		switch {
		case err != nil:
			return 0, err
		case len(line) == 0 && (b == '\r' || b == '\n'): // left over from an earlier answer
			continue
		case b == '\n':
			return parseStatus(strings.TrimRight(string(line), "\r"))
		}
		line = append(line, b)
		if len(line) <= len(statusExample) && !couldBeStatus(string(line)) {
			return 0, errNotHTTP
		}
	}
}

// lastStatus returns the status of a line that is ended by the end of the stream.
func lastStatus(line string) (int, error) {
	first, _, ended := strings.Cut(line, "\r")
	if !ended && couldBeStatus(first) {
		return 0, io.EOF
	}
	return parseStatus(first)
}

const statusExample = "HTTP/1.1 200"

// couldBeStatus reports whether line is the beginning of a status line.
func couldBeStatus(line string) bool {
	if len(line) < len("HTTP/") {
		return strings.EqualFold(line, "HTTP/"[:len(line)])
	}
	version, rest, spaced := cutSpace(line[len("HTTP/"):])
	if !strings.EqualFold(line[:len("HTTP/")], "HTTP/") || strings.Trim(version, "0123456789.") != "" {
		return false
	}
	if !spaced {
		return true
	}
	digits := rest[:min(3, len(rest))]
	return strings.Trim(digits, "0123456789") == ""
}

// parseStatus returns the code of a status line, or errNotHTTP. The protocol's name
// may have any case, its version may be any number, and the reason may be missing.
func parseStatus(line string) (int, error) {
	if !couldBeStatus(line) {
		return 0, errNotHTTP
	}
	_, rest, _ := cutSpace(line)
	word, _, _ := cutSpace(rest)
	if len(word) > 3 && (word[3] < '0' || word[3] > '9') {
		word = word[:3]
	}
	n, ok := code(word)
	if !ok {
		return 0, errNotHTTP
	}
	return n, nil
}

// cutSpace cuts text around its first run of spaces and tabs.
func cutSpace(text string) (before, after string, found bool) {
	i := strings.IndexAny(text, " \t")
	if i < 0 {
		return text, "", false
	}
	return text[:i], strings.TrimLeft(text[i:], " \t"), true
}

// fields reads the lines of a header up to the empty one.
func (r reader) fields(into *answer) error {
	var name, value string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			into.field(name, value)
			return err // without the last line, which may be truncated
		}
		line = strings.TrimRight(line, "\r\n")
		if line != "" && (line[0] == ' ' || line[0] == '\t') { // continues the line before
			value += " " + strings.Trim(line, " \t")
			continue
		}
		into.field(name, value)
		if line == "" {
			return nil
		}
		name, value, _ = strings.Cut(line, ":")
		name, value = strings.TrimRight(name, " \t"), strings.Trim(value, " \t")
	}
}

// body returns a reader of the answer's body, or nil if it has none.
func (r reader) body(got answer) io.Reader {
	switch {
	case got.code < 200, got.code == 204, got.code == 304:
		return nil
	case got.chunked:
		return httputil.NewChunkedReader(r)
	case got.length >= 0:
		return io.LimitReader(r, got.length)
	}
	return r
}
