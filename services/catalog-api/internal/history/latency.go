package history

import (
	"errors"
	"fmt"
	"math"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

// Accuracy is how far a quantile of latencies may be from the right one, as a part of it.
const Accuracy = 0.05

// buckets has the bounds of the histogram: each is 1.1 times the one before. What is stored
// has no bounds of its own, so they cannot change.
var buckets = must(mapping.NewLogarithmicMapping(Accuracy))

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Latency is how long answers took, in milliseconds. The zero value is of none.
type Latency struct {
	Count, Sum, Min, Max int64

	sketch *ddsketch.DDSketch // nil: Count is 0
}

// Add adds an answer.
func (l *Latency) Add(ms int64) {
	if l.sketch == nil {
		l.sketch, l.Min = newSketch(), ms
	}
	l.Count, l.Sum, l.Min, l.Max = l.Count+1, l.Sum+ms, min(l.Min, ms), max(l.Max, ms)
	_ = l.sketch.Add(float64(ms)) // only numbers beyond all durations are refused
}

// Merge adds the answers of another.
func (l *Latency) Merge(other Latency) {
	switch {
	case other.Count == 0:
		return
	case l.Count == 0:
		l.sketch, l.Min = newSketch(), other.Min
	}
	l.Count, l.Sum, l.Min, l.Max = l.Count+other.Count, l.Sum+other.Sum, min(l.Min, other.Min), max(l.Max, other.Max)
	_ = l.sketch.MergeWith(other.sketch) // only a sketch with other bounds is refused
}

// Quantile returns the latency that a part of the answers did not exceed, right to
// Accuracy; 0 if there are none.
func (l Latency) Quantile(part float64) float64 {
	if l.Count == 0 {
		return 0
	}
	value, err := l.sketch.GetValueAtQuantile(part)
	if err != nil {
		return 0
	}
	return min(max(value, float64(l.Min)), float64(l.Max))
}

func newSketch() *ddsketch.DDSketch {
	return ddsketch.NewDDSketch(buckets, store.NewDenseStore(), store.NewDenseStore())
}

// Append appends l, encoded: count, sum, the least and the greatest, the index of the first
// bucket, and how many answers each one has until all are there. A bucket without any is
// followed by the number of those like it.
func (l Latency) Append(b []byte) []byte {
	b = appendNumbers(b, l.Count)
	if l.Count == 0 {
		return b
	}
	b = appendNumbers(b, l.Sum, l.Min, l.Max)
	const none = math.MinInt
	next := none
	l.sketch.GetPositiveValueStore().ForEach(func(index int, count float64) (stop bool) {
		switch empty := index - next; {
		case next == none:
			b = appendNumbers(b, int64(index-firstBucket))
		case empty > 0:
			b = appendNumbers(b, 0, int64(empty))
		}
		b, next = appendNumbers(b, int64(count)), index+1
		return false
	})
	return b
}

// firstBucket is the index of the bucket of a millisecond, the shortest latency.
var firstBucket = buckets.Index(1)

// errBucket is of data that is no bucket.
var errBucket = errors.New("not a valid bucket")

// DecodeLatency decodes what Append has made.
func DecodeLatency(b []byte) (Latency, error) {
	r := reader{b: b}
	l := r.latency()
	if r.bad || len(r.b) > 0 {
		return Latency{}, fmt.Errorf("latency: %w", errBucket)
	}
	return l, nil
}

func (r *reader) latency() (l Latency) {
	if l.Count = r.number(); l.Count == 0 {
		return l
	}
	l.Sum, l.Min, l.Max = r.number(), r.number(), r.number()
	l.sketch = newSketch()
	bins := l.sketch.GetPositiveValueStore()
	index := int64(firstBucket) + r.number()
	for left := l.Count; left > 0 && !r.bad; index++ {
		count := r.number()
		if count == 0 {
			index += r.number() - 1
			continue
		}
		if count > left || index > maxBucket {
			r.bad = true
			break
		}
		bins.AddWithCount(int(index), float64(count))
		left -= count
	}
	return l
}

// maxBucket is beyond the bucket of every latency: some years.
const maxBucket = 1000
