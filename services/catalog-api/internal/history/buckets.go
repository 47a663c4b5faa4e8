package history

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// A Bucket is what was measured of a service in a time. The zero value is of nothing.
type Bucket struct {
	Probes  int // that started in it
	Missed  int // slots in it without a probe, but for those of a busy host
	Time    Time
	Latency Latency // of the probes that were answered
}

// Merge adds what another bucket has.
func (b *Bucket) Merge(other Bucket) {
	b.Probes, b.Missed, b.Time = b.Probes+other.Probes, b.Missed+other.Missed, b.Time.Plus(other.Time)
	b.Latency.Merge(other.Latency)
}

// Buckets is time from a moment on, in buckets that are equally long.
type Buckets struct {
	From time.Time
	Step time.Duration
	List []Bucket
}

// NewBuckets returns empty buckets. to is rounded up to a whole step.
func NewBuckets(from, to time.Time, step time.Duration) Buckets {
	n := max((to.Sub(from)+step-1)/step, 0)
	return Buckets{From: from, Step: step, List: make([]Bucket, n)}
}

// To is the end of the last bucket.
func (b Buckets) To() time.Time { return b.From.Add(time.Duration(len(b.List)) * b.Step) }

// At returns the bucket of a moment, or nil.
func (b Buckets) At(at time.Time) *Bucket {
	if i := at.Sub(b.From) / b.Step; !at.Before(b.From) && int(i) < len(b.List) {
		return &b.List[i]
	}
	return nil
}

// Sum returns all buckets as one.
func (b Buckets) Sum() (sum Bucket) {
	for _, bucket := range b.List {
		sum.Merge(bucket)
	}
	return sum
}

// Count counts probes, which are in the order of their times. The last one holds until now at
// most. Those before and after the buckets matter too: the one before holds into them, and
// the one after says which slots were missed.
func (b Buckets) Count(probes []Probe, now time.Time) {
	for i, p := range probes {
		until := p.until()
		if i+1 < len(probes) {
			next := probes[i+1]
			until = Earlier(until, next.At)
			b.countMissed(p, next)
		}
		b.countTime(p, Earlier(until, now))
		if bucket := b.At(p.At); bucket != nil && !p.End {
			bucket.Probes++
			if p.LatencyMS > 0 {
				bucket.Latency.Add(p.LatencyMS)
			}
		}
	}
}

// countTime adds the time that p holds to the buckets that it is in.
func (b Buckets) countTime(p Probe, until time.Time) {
	from := Later(p.At, b.From)
	for i := int(from.Sub(b.From) / b.Step); i < len(b.List) && from.Before(until); i++ {
		end := Earlier(until, b.From.Add(time.Duration(i+1)*b.Step))
		b.List[i].Time.Add(p.Status, end.Sub(from))
		from = end
	}
}

// countMissed adds the slots between two probes in which there was none, in the buckets of
// the slots. It goes by the planned times: a probe may start late without a slot being
// skipped. Those that were left out as the host was busy come first.
func (b Buckets) countMissed(p, next Probe) {
	if p.End || next.End {
		return
	}
	for slot := p.Planned.Add(time.Duration(1+Between(p.Interval, p.Round)) * p.Interval); next.Planned.Sub(slot) > p.Interval/2; {
		if bucket := b.At(slot); bucket != nil {
			bucket.Missed++
		} else if slot.After(b.From) {
			return
		}
		slot = slot.Add(p.Interval)
	}
}

// Between returns how many slots are between two that are so far apart.
func Between(interval, apart time.Duration) int {
	return max(int(math.Round(float64(apart)/float64(interval)))-1, 0)
}

// Earlier returns the earlier of two times.
func Earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Later returns the later of two times.
func Later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// AppendBuckets appends a list of buckets, encoded. DecodeBuckets must know how many.
func AppendBuckets(b []byte, list []Bucket) []byte {
	for _, bucket := range list {
		b = appendNumbers(b, int64(bucket.Probes), int64(bucket.Missed),
			bucket.Time.Healthy.Milliseconds(), bucket.Time.Degraded.Milliseconds(), bucket.Time.Down.Milliseconds())
		b = bucket.Latency.Append(b)
	}
	return b
}

// DecodeBuckets decodes a list of n buckets.
func DecodeBuckets(b []byte, n int) ([]Bucket, error) {
	r, list := reader{b: b}, make([]Bucket, n)
	for i := range list {
		bucket := &list[i]
		bucket.Probes, bucket.Missed = int(r.number()), int(r.number())
		for _, d := range []*time.Duration{&bucket.Time.Healthy, &bucket.Time.Degraded, &bucket.Time.Down} {
			*d = time.Duration(r.number()) * time.Millisecond
		}
		bucket.Latency = r.latency()
	}
	if r.bad || len(r.b) > 0 {
		return nil, fmt.Errorf("%d buckets: %w", n, errBucket)
	}
	return list, nil
}

func appendNumbers(b []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}
