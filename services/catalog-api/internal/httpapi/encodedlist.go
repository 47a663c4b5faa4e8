package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/flate"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// minCompressed is the size in bytes from which a cached list is compressed.
const minCompressed = 1024

// blockPause is the pause after each block when a list is compressed in advance.
const blockPause = time.Millisecond

// encodedList is a list as it is sent. It is immutable, except that it caches its
// compressed form.
type encodedList struct {
	items []*item // by key
	total int     // of the whole list, also in a page
	next  string  // cursor of the next page; "": there is none
	json  []byte
	tag   string // entity tag of json, with its quotes

	picture *impact.Picture // what hangs together; nil in a page

	mu     sync.Mutex
	wanted bool // a client asked for it compressed
	zipped []byte
	blocks blocks // of zipped; while that is nil, of the previous list
}

// blocks are the compressed blocks of a list, by the digest of their content.
type blocks map[[sha256.Size]byte][]byte

// with returns the list after the changes, or l itself if they change nothing. It
// encodes only changed services, and what hits others where that has changed.
func (l *encodedList) with(c catalog.Changes) (*encodedList, error) {
	updates := make(map[string]*item, len(c.Services)+len(c.Deleted)) // nil: deleted
	for _, id := range c.Deleted {
		updates[id] = nil
	}
	for i := range c.Services {
		it, err := newItem(&c.Services[i])
		if err != nil {
			return nil, err
		}
		updates[it.id] = it
	}
	next := &encodedList{items: make([]*item, 0, len(l.items)+len(c.Services))}
	same, sameNodes, sameNeeds := l.json != nil, l.picture != nil, l.picture != nil
	for _, it := range l.items {
		now, updated := updates[it.id]
		delete(updates, it.id)
		switch {
		case updated && now != nil && now.own == it.own && now.key == it.key, !updated && !c.All:
			next.items = append(next.items, it)
			continue
		case now != nil:
			if now.node.Same(it.node) { // such as new measurements
				now.node = it.node
			} else {
				sameNodes, sameNeeds = false, sameNeeds && slices.Equal(now.node.Hard, it.node.Hard)
			}
			next.items = append(next.items, now.like(it))
		default:
			sameNodes, sameNeeds = false, false
		}
		same = false
	}
	for _, it := range updates { // new services
		if it != nil {
			next.items = append(next.items, it)
			same, sameNodes, sameNeeds = false, false, false
		}
	}
	if same {
		return l, nil
	}
	slices.SortFunc(next.items, func(a, b *item) int { return strings.Compare(a.key, b.key) })
	next.blocks = l.compressed()
	next.total = len(next.items)
	next.picture = l.picture
	if !sameNodes {
		var before *impact.Picture
		if sameNeeds {
			before = l.picture
		}
		if err := next.draw(pictureOf(next.items, before)); err != nil {
			return nil, err
		}
	}
	next.join()
	return next, nil
}

// draw gives the list a picture, and each item what hits it.
func (l *encodedList) draw(p *impact.Picture) (err error) {
	l.picture = p
	hit := map[string]*nearestHit{}
	for _, id := range p.AllHit() {
		hit[id] = newNearestHit(p, id)
	}
	for i, it := range l.items {
		if l.items[i], err = it.hitBy(hit[it.id]); err != nil {
			return err
		}
	}
	return nil
}

// encodeList encodes the items of a list that is not cached. Use its pages: it has no
// json itself. p has all services; nil: the list does.
func encodeList(all []catalog.Listed, p *impact.Picture) (*encodedList, error) {
	list := &encodedList{items: make([]*item, len(all))}
	for i := range all {
		var err error
		if list.items[i], err = newItem(&all[i]); err != nil {
			return nil, err
		}
	}
	if p == nil {
		p = pictureOf(list.items, nil)
	}
	return list, list.draw(p)
}

// pictureOf returns what hangs together, as impact.NewPicture.
func pictureOf(items []*item, before *impact.Picture) *impact.Picture {
	nodes := make([]*impact.Node, len(items))
	for i, it := range items {
		nodes[i] = it.node
	}
	return impact.NewPicture(nodes, before)
}

// page returns a page of the list. Its total is that of the whole list.
func (l *encodedList) page(p rest.Page) *encodedList {
	part := &encodedList{total: len(l.items)}
	part.items, part.next = rest.Cut(l.items, p, func(it *item) string { return it.key })
	part.join()
	return part
}

// The text around the items; the total follows the latter.
const (
	listHead = `{"items":[`
	listTail = `],"total":`
)

// join sets json and tag from the items.
func (l *encodedList) join() {
	size := len(listHead) + len(listTail) + 16
	for _, it := range l.items {
		size += len(it.json) + 1
	}
	out := append(make([]byte, 0, size), listHead...)
	sums := sha256.New()
	for i, it := range l.items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, it.json...)
		sums.Write(it.sum[:])
	}
	tail := fmt.Appendf(nil, "%s%d", listTail, l.total)
	if l.next != "" {
		tail = fmt.Appendf(tail, `,"next":%q`, l.next)
	}
	tail = append(tail, '}')
	sums.Write(tail)
	l.json = append(out, tail...)
	l.tag = fmt.Sprintf(`"%x"`, sums.Sum(nil)[:12])
}

// gzip returns the compressed list. It compresses on first use.
func (l *encodedList) gzip() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = true
	if l.zipped == nil {
		l.zipped, l.blocks = l.compress(l.blocks, func() {})
	}
	return l.zipped
}

// prepare compresses the list in advance. It pauses after each block to leave the
// processors to requests, because nobody waits for it.
func (l *encodedList) prepare() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.zipped == nil {
		l.zipped, l.blocks = l.compress(l.blocks, func() { time.Sleep(blockPause) })
	}
}

// wantsGzip reports whether a client asked for this list compressed.
func (l *encodedList) wantsGzip() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wanted
}

func (l *encodedList) compressed() blocks {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.blocks
}

// compress returns the list as gzip (RFC 1952) in self-contained blocks of DEFLATE
// (RFC 1951). It copies blocks that the previous list has too. No library does that;
// compressing 10,000 services from scratch takes 60 ms.
func (l *encodedList) compress(before blocks, pause func()) ([]byte, blocks) {
	kept := blocks{}
	out := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff} // no name, no time, any system
	add := func(sum [sha256.Size]byte, text []byte) {
		piece := before[sum]
		if piece == nil {
			piece = deflate(text)
			pause()
		}
		kept[sum] = piece
		out = append(out, piece...)
	}
	left := l.json
	take := func(n int) (text []byte) {
		text, left = left[:n], left[n:]
		return text
	}
	head := take(len(listHead))
	add(sha256.Sum256(head), head)
	for begin := 0; begin < len(l.items); {
		sums, n, end := sha256.New(), 0, begin
		for ; end < len(l.items) && (end == begin || !l.items[end].cut); end++ {
			sums.Write(l.items[end].sum[:])
			n += len(l.items[end].json) + min(end, 1) // with the comma before it
		}
		if begin == 0 {
			sums.Write([]byte{0})
		}
		add([sha256.Size]byte(sums.Sum(nil)), take(n))
		begin = end
	}
	add(sha256.Sum256(left), left)
	out = append(out, 3, 0) // an empty final block
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(l.json))
	return binary.LittleEndian.AppendUint32(out, uint32(len(l.json))), kept // its length modulo 2^32
}

var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level exists
	return w
}}

// deflate compresses text into blocks that end on a byte boundary. None is final.
func deflate(text []byte) []byte {
	var out bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	_, _ = w.Write(text) // to memory, which cannot fail
	_ = w.Flush()
	return out.Bytes()
}
