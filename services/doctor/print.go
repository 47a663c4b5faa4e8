package doctor

import (
	"fmt"
	"io"
	"strings"

	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// columns is the width of the checklist.
const columns = 110

// colours are the terminal escape codes of each state.
var colours = map[finding.State]string{finding.OK: "\x1b[32m", finding.Broken: "\x1b[1;31m", finding.Skipped: "\x1b[2m"}

// print writes the report as a checklist.
func (r report) print(out io.Writer, coloured bool) {
	fmt.Fprintf(out, "Dev Portal at %s\n\n", r.URL)
	for _, f := range r.Hops {
		mark := strings.ToUpper(string(f.State))
		if f.State != finding.Broken {
			mark = string(f.State)
		}
		mark = fmt.Sprintf("%-8s", mark)
		if coloured {
			mark = colours[f.State] + mark + "\x1b[0m"
		}
		fmt.Fprintf(out, "  %s %-14s%s\n", mark, f.Hop, wrap(f.What, 25))
		if f.State == finding.Broken {
			fmt.Fprintf(out, "%25swhy: %s\n%25sfix: %s\n", "", wrap(f.Why, 30), "", wrap(f.Fix, 30))
		}
	}
	fmt.Fprintln(out, "\n"+r.verdict())
}

// verdict summarises the report in a sentence.
func (r report) verdict() string {
	skips := 0
	for _, f := range r.Hops {
		if f.State == finding.Skipped {
			skips++
		}
	}
	rest := ""
	if skips > 0 {
		rest = " " + finding.Plural(skips, "hop was", "hops were") + " not looked at."
	}
	if r.Broken == "" {
		return "No examined part is broken." + rest
	}
	return fmt.Sprintf("The first broken hop is %s: begin there.%s", r.Broken, rest)
}

// wrap breaks text into lines of at most columns, and indents all but the first.
func wrap(text string, indent int) string {
	var b strings.Builder
	width := indent
	for i, word := range strings.Fields(text) {
		if i > 0 && width+1+len(word) > columns {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			width = indent
		} else if i > 0 {
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String()
}
