package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/flate"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// minCompressed is the size from which a cached list is compressed, in bytes.
const minCompressed = 1024

// perBlock is how many items are compressed together, on average.
const perBlock = 128

// blockRest is how long the compression of a list that nobody waits for rests after a block.
const blockRest = time.Millisecond

// item is a service as it stands in lists. It never changes.
type item struct {
	id, key string
	json    []byte
	sum     [sha256.Size]byte
	cut     bool // a block begins with it
}

func newItem(l *catalog.Listed) (*item, error) {
	text, err := json.Marshal(newService(&l.Service))
	if err != nil {
		return nil, fmt.Errorf("encode service %s: %w", l.ID, err)
	}
	// By its id, so that a block has the same items after most changes, on all replicas.
	cut := crc32.ChecksumIEEE([]byte(l.ID))%perBlock == 0
	return &item{id: l.ID, key: l.Key, json: text, sum: sha256.Sum256(text), cut: cut}, nil
}

// encodedList is a list as it goes out. It never changes, but for what it keeps of
// its compression.
type encodedList struct {
	items []*item // in their order
	total int     // more than there are items, where it is a page
	next  string  // leads to the page behind it; "": there is none
	json  []byte
	tag   string // of json, with its quotes

	mu     sync.Mutex
	wanted bool // compressed, by somebody
	zipped []byte
	blocks blocks // of zipped, or while there is none, of the list before
}

// blocks are compressed pieces of a list by the digest of what is in them.
type blocks map[[sha256.Size]byte][]byte

// with is the list after the changes; l itself, if they change nothing. Only what
// changed is encoded.
func (l *encodedList) with(c catalog.Changes) (*encodedList, error) {
	news := make(map[string]*item, len(c.Services)+len(c.Deleted)) // nil: it is gone
	for _, id := range c.Deleted {
		news[id] = nil
	}
	for i := range c.Services {
		it, err := newItem(&c.Services[i])
		if err != nil {
			return nil, err
		}
		news[it.id] = it
	}
	next := &encodedList{items: make([]*item, 0, len(l.items)+len(c.Services))}
	same := l.json != nil
	for _, it := range l.items {
		now, told := news[it.id]
		delete(news, it.id)
		switch {
		case told && now != nil && now.sum == it.sum && now.key == it.key, !told && !c.All:
			next.items = append(next.items, it)
			continue
		case now != nil:
			next.items = append(next.items, now)
		}
		same = false
	}
	for _, it := range news { // what the list did not have
		if it != nil {
			next.items = append(next.items, it)
			same = false
		}
	}
	if same {
		return l, nil
	}
	slices.SortFunc(next.items, func(a, b *item) int { return strings.Compare(a.key, b.key) })
	next.blocks = l.compressed()
	next.total = len(next.items)
	next.join()
	return next, nil
}

// encodeList is for a list that nobody keeps, of which page makes what is sent.
func encodeList(all []catalog.Listed) (*encodedList, error) {
	list := &encodedList{items: make([]*item, len(all))}
	for i := range all {
		var err error
		if list.items[i], err = newItem(&all[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// page is a part of the list, in which total is that of all.
func (l *encodedList) page(p rest.Page) *encodedList {
	begin := 0
	if p.After != "" {
		begin, _ = slices.BinarySearchFunc(l.items, p.After, func(it *item, after string) int {
			if it.key <= after {
				return -1
			}
			return 1
		})
	}
	part := &encodedList{items: l.items[begin:], total: len(l.items)}
	if p.Limit > 0 && len(part.items) > p.Limit {
		part.items = part.items[:p.Limit]
		part.next = rest.Next(part.items[p.Limit-1].key)
	}
	part.join()
	return part
}

// The text around the items; the total follows the latter.
const (
	listHead = `{"items":[`
	listTail = `],"total":`
)

// join writes json and tag from items.
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

// gzip is the list compressed: once, and only if somebody wants it.
func (l *encodedList) gzip() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = true
	if l.zipped == nil {
		l.zipped, l.blocks = l.compress(l.blocks, func() {})
	}
	return l.zipped
}

// prepare compresses the list before somebody wants that, and rests at times: nobody
// waits for it, and those who wait for others have as much of the processors.
func (l *encodedList) prepare() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.zipped == nil {
		l.zipped, l.blocks = l.compress(l.blocks, func() { time.Sleep(blockRest) })
	}
}

// wantsGzip says whether somebody wanted this list compressed.
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

// compress writes the list as gzip (RFC 1952) in blocks of DEFLATE (RFC 1951) that
// refer to nothing outside of themselves: those that the list before had too are
// copied. No library does that; to compress 10,000 services anew takes 60 ms.
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
	out = append(out, 3, 0) // an empty block that says it is the last
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(l.json))
	return binary.LittleEndian.AppendUint32(out, uint32(len(l.json))), kept // its length modulo 2^32
}

var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level exists
	return w
}}

// deflate compresses text by itself. Its end is that of a byte, and not of all.
func deflate(text []byte) []byte {
	var out bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	_, _ = w.Write(text) // into memory
	_ = w.Flush()
	return out.Bytes()
}
