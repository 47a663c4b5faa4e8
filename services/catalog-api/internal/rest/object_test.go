package rest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

type part struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	More []part `json:"more"`
}

// partWrite is a body with an object.
type partWrite struct {
	Part rest.Object[part] `json:"part,omitempty"`
}

// readPart reads a body, of which invalid are these fields by the rules of the domain.
func readPart(t *testing.T, body string, invalid ...string) (partWrite, error) {
	t.Helper()
	var b rest.Body[partWrite, partWrite]
	if err := b.UnmarshalJSON([]byte(body)); err != nil {
		t.Fatal(err)
	}
	return b.Read(func(partWrite) (list []rest.FieldError) {
		for _, field := range invalid {
			list = append(list, rest.FieldError{Field: field})
		}
		return list
	})
}

func TestObjectIsAbsentNullOrValue(t *testing.T) {
	for body, want := range map[string]string{
		`{}`: "absent", `{"part":null}`: "null",
		`{"part":{"name":"a","size":-3,"more":[{"name":"b"}]}}`: "{a -3 [{b 0 []}]}",
		`{"part":{"name":null,"size":null,"more":null}}`:        "{ 0 []}",
	} {
		read, err := readPart(t, body)
		got := "absent"
		if to := read.Part.To; to != nil {
			got = "null"
			if *to != nil {
				got = fmt.Sprint(**to)
			}
		}
		if err != nil || got != want {
			t.Errorf("%s: got %s, want %s, %v", body, got, want, err)
		}
	}
}

func TestWrongPartsOfAnObjectAreNamedAndNotRepeated(t *testing.T) {
	for body, want := range map[string]string{
		`{"part":"secret"}`:                                "part",
		`{"part":{"nam":"secret","size":"secret"}}`:        "part.nam part.size part.name part.more[2].name part.names",
		`{"part":{"name":"a","name":"secret"}}`:            "part.name part.more[2].name part.names",
		`{"part":{"more":"secret"}}`:                       "part.more part.name part.names",
		`{"part":{"size":99999999999999999999}}`:           "part.size part.name part.more[2].name part.names",
		`{"part":{"more":[{"name":"a"},{"name":{}},1]}}`:   "part.more[1].name part.more[2] part.name part.names",
		`{"part":{"more":[{"more":[{"name":"\ud800"}]}]}}`: "part.more[0].more[0].name part.name part.more[2].name part.names",
	} {
		_, err := readPart(t, body, "part.name", "part.more[2].name", "part.names")
		problem, is := errors.AsType[*rest.Problem](err)
		if !is {
			t.Errorf("%s: %v", body, err)
			continue
		}
		var got []string
		for _, e := range problem.Errors {
			got = append(got, e.Field)
			if e.Value != nil || strings.Contains(e.Message, "secret") {
				t.Errorf("%s: %+v", body, e)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: wrong are %v, want %s", body, got, want)
		}
	}
}
