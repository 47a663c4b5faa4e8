package demo

import (
	"hash/fnv"
	"slices"
)

// call is a call that traces show, in the form of the API.
type call struct {
	Client    string  `json:"client"`
	Server    string  `json:"server"`
	PerMinute float64 `json:"calls_per_minute"`
}

// undeclared are calls that traces show although nobody declared that the one needs the other, as in reality.
var undeclared = [][2]string{{"Refunds", "Fraud Scoring"}, {"Newsletter", "Product Catalogue"}, {"Live Chat", "Help Centre"}, {"Reports", "Ledger"}}

// unseen are examples whose needs no trace shows: they are not instrumented.
var unseen = []string{"Label Printer", "Build Farm", "Secrets Vault"}

// calls returns what traces show of the examples, which they name by their slugs.
func calls() (list []call) {
	see := func(client, server string) {
		list = append(list, call{example{name: client}.slug(), example{name: server}.slug(), rate(client, server)})
	}
	for _, e := range examples {
		if slices.Contains(unseen, e.name) {
			continue
		}
		for _, n := range e.needed() {
			see(e.name, n.Name)
		}
	}
	for _, pair := range undeclared {
		see(pair[0], pair[1])
	}
	return list
}

// rate is how often one example calls another a minute: as real numbers are, and the same at each start.
func rate(client, server string) float64 {
	sum := fnv.New32()
	_, _ = sum.Write([]byte(client + server)) // never fails
	return float64(3+sum.Sum32()%9_000) / 10
}
