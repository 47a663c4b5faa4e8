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

// frame is an encoded event. It is immutable.
type frame struct {
	sequence uint64
	text     []byte
}

// history is the newest events of the stream, encoded once for all readers. It never
// waits for a reader. A reader that falls behind the oldest event gets tooSlow.
type history struct {
	depth int

	mu      sync.Mutex
	changed chan struct{} // closed, and replaced, when readers should read again

	epoch      string // of the stream; empty: not known yet
	generation int    // counts restarts: positions of different generations are not comparable
	ready      bool   // all that was in the stream at the start has been read
	lost       bool   // NATS is disconnected or can't be read, so no events come
	frames     []frame
	first      int    // index of frames[0] among all frames ever
	floor      uint64 // every event with a sequence above this is in frames
	last       uint64 // sequence of the newest event
}

func (h *history) init(depth int) {
	h.depth, h.changed = depth, make(chan struct{})
}

// restart drops all events: the stream is another one, or is read from its start.
func (h *history) restart(epoch string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.first += len(h.frames)
	h.epoch, h.frames, h.floor, h.last, h.ready = epoch, nil, 0, 0, false
	h.generation++
}

// caughtUp lets readers read.
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

// add adds an event, and drops the oldest beyond the depth.
func (h *history) add(sequence uint64, name string, data []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.frames) == 0 && h.last == 0 {
		h.floor = sequence - 1
	}
	h.last = sequence
	h.frames = append(h.frames, frame{sequence, encode(h.id(sequence), name, data)})
	if extra := len(h.frames) - h.depth; extra >= h.depth/4 { // seldom, because the rest is copied
		h.floor = h.frames[extra-1].sequence
		h.first += extra
		h.frames = slices.Clone(h.frames[extra:])
	}
	if h.ready {
		h.wake()
	}
}

// wake wakes the readers. It must be called with the lock held.
func (h *history) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *history) id(sequence uint64) string { return h.epoch + "-" + strconv.FormatUint(sequence, 10) }

// reader is the position of one client.
type reader struct {
	lastID     string // the last event that the client has seen, as it says
	generation int
	next       int // index of the next frame among all frames ever
	greeted    bool
}

// outcome tells a reader how to go on after read.
type outcome int

const (
	proceed outcome = iota
	tooSlow
	connectionLost
)

// read returns the text to send to r now, and a channel that is closed when there may be
// more.
func (h *history) read(r *reader) (text [][]byte, changed <-chan struct{}, end outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed = h.changed
	switch {
	case h.lost && r.greeted:
		return nil, changed, connectionLost
	case h.lost || !h.ready:
		return nil, changed, proceed
	case !r.greeted:
		text = h.greet(r)
	case r.generation != h.generation:
		r.generation, r.next = h.generation, h.first+len(h.frames)
		text = append(text, encode(h.id(h.last), "reset", []byte("{}")))
	case r.next < h.first:
		return nil, changed, tooSlow
	}
	for _, f := range h.frames[r.next-h.first:] {
		text = append(text, f.text)
	}
	r.next = h.first + len(h.frames)
	return text, changed, proceed
}

// greet positions a new reader after the last event that it has seen. The id of its
// hello is not beyond that, so that it misses nothing if the connection breaks here.
func (h *history) greet(r *reader) [][]byte {
	r.greeted, r.generation, r.next = true, h.generation, h.first+len(h.frames)
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

// encode returns an event in the format of Server-Sent Events. data is JSON, which is
// compacted if it has line breaks: they would end the field.
func encode(id, name string, data []byte) []byte {
	if bytes.ContainsAny(data, "\r\n") {
		var line bytes.Buffer
		if json.Compact(&line, data) == nil {
			data = line.Bytes()
		}
	}
	return fmt.Appendf(nil, "id: %s\nevent: %s\ndata: %s\n\n", id, name, data)
}
