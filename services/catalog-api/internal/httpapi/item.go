package httpapi

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
)

// perBlock is the average number of items in a compressed block.
const perBlock = 128

// item is an encoded service. It is immutable once it is in a list.
type item struct {
	id, key string
	json    []byte
	sum     [sha256.Size]byte // of json
	own     [sha256.Size]byte // of json without what hits it
	head    int               // how long json is up to the value of impact, the last member
	cut     bool              // it begins a block
	svc     *catalog.Service
	node    *impact.Node
	hit     *nearestHit // as json has it
}

// newItem returns the item of a service that nothing hits.
func newItem(l *catalog.Listed) (*item, error) {
	text, err := json.Marshal(newService(&l.Service))
	if err != nil {
		return nil, fmt.Errorf("encode service %s: %w", l.ID, err)
	}
	sum := sha256.Sum256(text)
	// The id alone decides, so that most blocks keep their items when the list changes,
	// and are the same on all replicas.
	cut := crc32.ChecksumIEEE([]byte(l.ID))%perBlock == 0
	svc := l.Service // a copy, so that the others that were read with it can be forgotten
	return &item{
		id: l.ID, key: l.Key, json: text, sum: sum, own: sum, head: len(text) - len(`null}`), cut: cut, svc: &svc, node: impact.NewNode(&svc),
	}, nil
}

// hitBy returns the item with what hits the service: itself if it has that already. It encodes
// nothing else.
func (it *item) hitBy(hit *nearestHit) (*item, error) {
	if it.hit.same(hit) {
		return it, nil
	}
	text, err := json.Marshal(hit)
	if err != nil {
		return nil, fmt.Errorf("encode what hits service %s: %w", it.id, err)
	}
	return it.ending(hit, append(text, '}')), nil
}

// like returns the item with what hits another one, which is of the same service.
func (it *item) like(other *item) *item {
	if other.hit == nil {
		return it
	}
	return it.ending(other.hit, other.json[other.head:])
}

// ending returns the item with what hits the service, as tail has it.
func (it *item) ending(hit *nearestHit, tail []byte) *item {
	next := *it
	next.hit = hit
	next.json = slices.Concat(it.json[:it.head], tail)
	next.sum = sha256.Sum256(next.json)
	return &next
}
