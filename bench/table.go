package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is a line of the result: what was measured, its figure, and how.
type row struct{ what, figure, how string }

type table struct{ rows []row }

// String is the table as Markdown, so that it can be kept as it is.
func (t table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	_, _ = fmt.Fprintln(w, "| what\t| figure\t| how\t|")
	_, _ = fmt.Fprintln(w, "| ---\t| ---\t| ---\t|")
	for _, r := range t.rows {
		_, _ = fmt.Fprintf(w, "| %s\t| %s\t| %s\t|\n", r.what, r.figure, r.how)
	}
	_ = w.Flush() // to memory
	return b.String()
}

// quantiles names the median, the 99th percentile and the largest of a sample.
func quantiles(sample []time.Duration) string {
	if len(sample) == 0 {
		return "nothing measured"
	}
	slices.Sort(sample)
	at := func(q float64) string { return millis(sample[min(int(q*float64(len(sample))), len(sample)-1)]) }
	return fmt.Sprintf("p50 %s, p99 %s, max %s", at(0.5), at(0.99), millis(sample[len(sample)-1]))
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
