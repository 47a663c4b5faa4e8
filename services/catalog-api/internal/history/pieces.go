package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// A Piece is results of a service on one day, of the interval that it had, encoded. Each
// begins with its time in milliseconds since the day began, in four bytes, which the
// database puts there, as only it knows the time: bit 30 says that the round of a busy host
// follows in four more. Then comes what Encode returns.
type Piece struct {
	At       time.Time // of the last result
	Interval events.Interval
	Data     []byte
}

// The first byte of an encoded result. The lowest two bits are the status.
const (
	statusBits = 0b11
	plainBit   = 1 << 2 // the reason is ReasonOK, the HTTP status 200
	endBit     = 1 << 3 // Probe.End; nothing follows

	roundBit = 1 << 30
)

// slotUnit is the precision of Planned.
const slotUnit = 100 * time.Millisecond

// EndOfLook is the encoded Probe with End.
var EndOfLook = []byte{endBit}

// The statuses and reasons by number: what is stored has these numbers, so the lists only
// grow. Number 0 of reasons is every one that is not here.
var (
	statusNumbers = []events.Status{events.StatusHealthy, events.StatusDegraded, events.StatusDown, events.StatusUnknown}
	reasonNumbers = []events.Reason{
		"",
		events.ReasonOK, events.ReasonHostBusy,
		events.ReasonHTTP1xx, events.ReasonHTTP3xx, events.ReasonHTTP4xx, events.ReasonHTTP5xx, events.ReasonRedirect,
		events.ReasonDNS, events.ReasonDNSFailure, events.ReasonConnectRefused, events.ReasonConnectTimeout, events.ReasonUnreachable,
		events.ReasonTLS, events.ReasonTLSExpired, events.ReasonTLSNotYetValid, events.ReasonTLSName, events.ReasonTLSUnknownAuthority,
		events.ReasonTimeout, events.ReasonReset, events.ReasonBadResponse, events.ReasonBlocked,
		events.ReasonStale, events.ReasonManual,
	}
)

// Encode appends a result without its time.
func Encode(b []byte, r events.ProbeCompleted) []byte {
	first := byte(max(slices.Index(statusNumbers, r.Status), 0))
	if plain := r.Reason == events.ReasonOK && r.HTTPStatus == 200; plain {
		b = append(b, first|plainBit)
	} else {
		b = append(b, first, byte(max(slices.Index(reasonNumbers, r.Reason), 0)))
		b = binary.AppendUvarint(b, uint64(max(r.HTTPStatus, 0)))
	}
	b = binary.AppendUvarint(b, uint64(max(r.LatencyMS, 0)))
	return binary.AppendUvarint(b, uint64(max(r.CheckedAt.Sub(r.PlannedAt)/slotUnit, 0)))
}

// errPiece is of data that is no piece.
var errPiece = errors.New("not valid results of probes")

// Probes decodes the pieces of a service. They may overlap, as results that came late have
// pieces of their own; of two results with the same time one counts. round is that of the
// service now.
func Probes(pieces []Piece, round time.Duration) ([]Probe, error) {
	var all []entry
	for _, piece := range pieces {
		var err error
		if all, err = piece.decode(all); err != nil {
			return nil, fmt.Errorf("results until %s: %w", piece.At.Format(time.RFC3339), err)
		}
	}
	byTime := func(a, b entry) int { return a.At.Compare(b.At) }
	if !slices.IsSortedFunc(all, byTime) {
		slices.SortStableFunc(all, byTime)
	}
	probes := make([]Probe, 0, len(all))
	for _, e := range all {
		if n := len(probes); n > 0 {
			if probes[n-1].At.Equal(e.At) {
				continue
			}
			probes[n-1].Round = e.round
		}
		probes = append(probes, e.Probe)
	}
	if n := len(probes); n > 0 {
		probes[n-1].Round = round
	}
	return probes, nil
}

// entry is a result in a piece, with the round that was known when it came: it belongs to the
// result before.
type entry struct {
	Probe

	round time.Duration
}

func (p Piece) decode(list []entry) ([]entry, error) {
	day, interval := p.At.UTC().Truncate(Day), p.Interval.Duration()
	for r := (reader{b: p.Data}); len(r.b) > 0; {
		var e entry
		at := r.uint32()
		if at&roundBit != 0 {
			e.round = time.Duration(r.uint32()) * time.Millisecond
		}
		e.Probe = r.probe(day.Add(time.Duration(at&^roundBit)*time.Millisecond), interval)
		if r.bad {
			return nil, errPiece
		}
		list = append(list, e)
	}
	return list, nil
}

// LatePiece returns a piece of one result, which came later than others.
func LatePiece(r events.ProbeCompleted, interval events.Interval) Piece {
	ms := r.CheckedAt.UTC().Sub(r.CheckedAt.UTC().Truncate(Day)).Milliseconds()
	return Piece{At: r.CheckedAt.UTC(), Interval: interval, Data: Encode(binary.BigEndian.AppendUint32(nil, uint32(ms)), r)}
}

// Gap returns where a result of that time is missing among probes, which are in the order of
// their times: there is none in the same slot.
func Gap(probes []Probe, at time.Time, interval time.Duration) (place int, missing bool) {
	at = at.Truncate(time.Millisecond)
	place, found := slices.BinarySearchFunc(probes, at, func(p Probe, at time.Time) int { return p.At.Compare(at) })
	switch {
	case found, place > 0 && at.Sub(probes[place-1].At) < interval/2, place < len(probes) && probes[place].At.Sub(at) < interval/2:
		return place, false
	}
	return place, true
}

// reader takes values from the front of b. bad says that one was not there.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) probe(at time.Time, interval time.Duration) Probe {
	first := r.byte()
	if first&endBit != 0 {
		return Probe{At: at, End: true}
	}
	p := Probe{At: at, Interval: interval, Status: statusNumbers[first&statusBits], Reason: events.ReasonOK, HTTPStatus: 200}
	if first&plainBit == 0 {
		p.Reason = ""
		if n := int(r.byte()); n < len(reasonNumbers) {
			p.Reason = reasonNumbers[n]
		}
		p.HTTPStatus = int(r.number())
	}
	p.LatencyMS = r.number()
	p.Planned = at.Add(-time.Duration(r.number()) * slotUnit)
	return p
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	value := r.b[0]
	r.b = r.b[1:]
	return value
}

func (r *reader) uint32() uint32 {
	if len(r.b) < 4 {
		r.b, r.bad = nil, true
		return 0
	}
	value := binary.BigEndian.Uint32(r.b)
	r.b = r.b[4:]
	return value
}

// number reads a number of at most 53 bits, which durations and JSON can have.
func (r *reader) number() int64 {
	value, n := binary.Uvarint(r.b)
	if n <= 0 || value > 1<<53 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return int64(value)
}
