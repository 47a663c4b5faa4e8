package servicegraph

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const maxCounted = 1e9 // pairs that a server can say that it has

// sample is an element of an instant vector, as the HTTP API of Prometheus has it: {"metric":
// {"client": "shop", "server": "payments"}, "value": [1773480660.123, "412.6"]}. A value may be NaN
// or infinite.
type sample struct {
	client, server string
	value          float64
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *sample) UnmarshalJSON(data []byte) error {
	var number string
	raw := struct {
		Metric struct {
			Client string `json:"client"`
			Server string `json:"server"`
		} `json:"metric"`
		Value [2]any `json:"value"`
	}{Value: [2]any{new(float64), &number}}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // out of range it is infinite
		return err
	}
	*s = sample{raw.Metric.Client, raw.Metric.Server, value}
	return nil
}

// call returns what a sample says of calls.
func (s sample) call() events.Call {
	return events.Call{Client: s.client, Server: s.server, CallsPerMinute: s.value}
}

// answer reads the samples in an answer. The error is an *Error.
func answer(body io.Reader) ([]sample, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, failure(err)
	}
	var a struct {
		Status    string `json:"status"`
		ErrorType string `json:"errorType"`
		Data      struct {
			ResultType string          `json:"resultType"`
			Result     json.RawMessage `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, fault(BadAnswer, "the answer is not JSON as Prometheus has it")
	}
	switch {
	case a.Status == "error":
		return nil, fault(Rejected, "the query failed: %.40q", a.ErrorType)
	case a.Status != "success" || a.Data.ResultType != "vector":
		return nil, fault(BadAnswer, "the answer is no vector")
	}
	var samples []sample
	if err := json.Unmarshal(a.Data.Result, &samples); err != nil {
		return nil, fault(BadAnswer, "the answer is no vector")
	}
	return samples, nil
}
