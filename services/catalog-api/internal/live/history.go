package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// frame is an event as it is written to every stream. It never changes.
type frame struct {
	sequence uint64
	text     []byte
}

// history is the newest events of the stream, encoded once for all readers.
// Nobody ever waits for a reader: one that falls behind the oldest is told so.
type history struct {
	depth int

	mu      sync.Mutex
	changed chan struct{} // closed, and replaced, when a reader has something to look at

	epoch  string // of the stream; empty: not known yet
	era    int    // counts restarts: the history before one says nothing of that after it
	ready  bool   // all that was in the stream has been read
	lost   bool   // nothing comes: NATS is away
	frames []frame
	first  int    // the place of frames[0] among all frames ever
	floor  uint64 // every event with a sequence above this is in frames
	last   uint64 // the sequence of the newest
}

func (h *history) init(depth int) {
	h.depth, h.changed = depth, make(chan struct{})
}

// restart forgets everything: the stream is another one, or is read anew.
func (h *history) restart(epoch string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.first += len(h.frames)
	h.epoch, h.frames, h.floor, h.last, h.ready = epoch, nil, 0, 0, false
	h.era++
}

// caughtUp lets readers go on.
func (h *history) caughtUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready = true
	h.wake()
}

func (h *history) isReady() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ready
}

func (h *history) setLost(lost bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lost != lost {
		h.lost = lost
		h.wake()
	}
}

// add keeps an event and drops those that are too many.
func (h *history) add(sequence uint64, name string, data []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.frames) == 0 && h.last == 0 {
		h.floor = sequence - 1
	}
	h.last = sequence
	h.frames = append(h.frames, frame{sequence, encode(h.id(sequence), name, data)})
	if extra := len(h.frames) - h.depth; extra >= h.depth/4 { // seldom, because what stays is copied
		h.floor = h.frames[extra-1].sequence
		h.first += extra
		h.frames = slices.Clone(h.frames[extra:])
	}
	if h.ready {
		h.wake()
	}
}

// wake must be called with the lock held.
func (h *history) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *history) id(sequence uint64) string { return h.epoch + "-" + strconv.FormatUint(sequence, 10) }

// reader is how far one stream has read.
type reader struct {
	lastID  string // the last event that the client saw, by its own account
	era     int
	next    int // the place of the next frame among all frames ever
	greeted bool
}

// What a look at the history can end with, beside text to send.
type outcome int

const (
	goOn outcome = iota
	tooSlow
	nothingComes
)

// read returns all that r has to be sent now, and a channel that is closed when
// it is worth to look again.
func (h *history) read(r *reader) (text [][]byte, changed <-chan struct{}, end outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed = h.changed
	switch {
	case h.lost && r.greeted:
		return nil, changed, nothingComes
	case h.lost || !h.ready:
		return nil, changed, goOn
	case !r.greeted:
		text = h.greet(r)
	case r.era != h.era:
		r.era, r.next = h.era, h.first+len(h.frames)
		text = append(text, encode(h.id(h.last), "reset", []byte("{}")))
	case r.next < h.first:
		return nil, changed, tooSlow
	}
	for _, f := range h.frames[r.next-h.first:] {
		text = append(text, f.text)
	}
	r.next = h.first + len(h.frames)
	return text, changed, goOn
}

// greet places a new reader after what it has seen. Its first id is not beyond
// that: a connection that breaks off here must not hide what would have come.
func (h *history) greet(r *reader) [][]byte {
	r.greeted, r.era, r.next = true, h.era, h.first+len(h.frames)
	if r.lastID == "" {
		return [][]byte{encode(h.id(h.last), "hello", []byte("{}"))}
	}
	epoch, number, _ := strings.Cut(r.lastID, "-")
	seen, err := strconv.ParseUint(number, 10, 64)
	if err != nil || epoch != h.epoch || seen < h.floor || seen > h.last {
		return [][]byte{
			encode(h.id(0), "hello", []byte("{}")),
			encode(h.id(h.last), "reset", []byte("{}")),
		}
	}
	missed, _ := slices.BinarySearchFunc(h.frames, seen+1, func(f frame, s uint64) int {
		return int(min(max(int64(f.sequence)-int64(s), -1), 1))
	})
	r.next = h.first + missed
	return [][]byte{encode(h.id(seen), "hello", []byte("{}"))}
}

// encode writes an event as the browser reads it. The data is JSON; a line
// break in it would end it.
func encode(id, name string, data []byte) []byte {
	if bytes.ContainsAny(data, "\r\n") {
		var line bytes.Buffer
		if json.Compact(&line, data) == nil {
			data = line.Bytes()
		}
	}
	return fmt.Appendf(nil, "id: %s\nevent: %s\ndata: %s\n\n", id, name, data)
}
