package httpapi

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// minCompressed is the size from which a cached list is compressed, in bytes.
const minCompressed = 1024

// encodedList is a list as it goes out. It never changes.
type encodedList struct {
	json []byte
	tag  string // of json, with its quotes

	zip    sync.Once
	zipped []byte
}

// gzip is the list compressed: once, and only if somebody wants it.
func (l *encodedList) gzip() []byte {
	l.zip.Do(func() {
		var out bytes.Buffer
		w, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed) // the level exists
		_, _ = w.Write(l.json)                            // into memory
		_ = w.Close()
		l.zipped = out.Bytes()
	})
	return l.zipped
}

// listCache has the list of all services for as long as it is true. Each use
// asks the catalogue for its revision, so that a replica never answers with
// less than what was written anywhere before it was asked.
type listCache struct {
	snapshots Snapshots
	builds    atomic.Int64 // counts snapshots, each before it is taken
	current   atomic.Pointer[cachedList]
	building  chan struct{} // holds one: lists are built one at a time
}

// cachedList is a list with the snapshot that it is of.
type cachedList struct {
	*encodedList
	revision string
	build    int64
}

func newListCache(s Snapshots) *listCache {
	return &listCache{snapshots: s, building: make(chan struct{}, 1)}
}

// fresh returns the list as it is now, or later. Who has to wait for others
// takes a list of theirs, if its snapshot was begun after asking.
func (c *listCache) fresh(ctx context.Context) (*encodedList, error) {
	ctx, cancel := context.WithTimeout(ctx, promptly) // in all, with the wait for others
	defer cancel()
	revision, err := c.snapshots.Revision(ctx)
	if err != nil {
		return nil, err
	}
	asked := c.builds.Load() // after Revision: each later snapshot has all that it saw
	if list := c.current.Load(); list != nil && list.revision == revision {
		return list.encodedList, nil
	}
	select {
	case c.building <- struct{}{}:
		defer func() { <-c.building }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if list := c.current.Load(); list != nil && (list.revision == revision || list.build > asked) {
		return list.encodedList, nil
	}
	return c.rebuild(ctx)
}

// rebuild makes the list anew. Where only its revision is new, what was encoded
// and compressed before is kept.
func (c *listCache) rebuild(ctx context.Context) (*encodedList, error) {
	build := c.builds.Add(1)
	revision, all, err := c.snapshots.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	list, err := newEncodedList(all)
	if err != nil {
		return nil, err
	}
	if old := c.current.Load(); old != nil && old.tag == list.tag {
		list = old.encodedList
	}
	c.current.Store(&cachedList{encodedList: list, revision: revision, build: build})
	return list, nil
}

// acceptsGzip reads Accept-Encoding: gzip, or else *, is there and not refused.
func acceptsGzip(header string) bool {
	all := false
	for coding := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(coding, ";")
		q := 1.0
		if _, value, ok := strings.Cut(params, "="); ok {
			q, _ = strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip":
			return q > 0
		case "*":
			all = q > 0
		}
	}
	return all
}
