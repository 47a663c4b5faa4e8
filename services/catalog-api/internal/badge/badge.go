// Package badge draws badges: small pictures of a label and what is said of it, such as
// "billing | healthy", for the pages of others.
package badge

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Color is the ground of a message, on which white text has a contrast of 4.5:1 at least.
type Color string

// The colors of the four statuses, and of what is none.
const (
	Healthy  Color = "#1a7a45"
	Degraded Color = "#8a5300"
	Down     Color = "#b3201f"
	Unknown  Color = "#57606e"
	Plain    Color = "#3450c8"
)

// The colors of the levels of a scorecard.
const (
	Bronze Color = "#8a4b2a"
	Silver Color = "#4c6378"
	Gold   Color = "#7d5f00"
)

// maxText is how many characters of a text are shown.
const maxText = 60

const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="20" role="img" aria-label="%[5]s: %[6]s">` +
	`<title>%[5]s: %[6]s</title>` +
	`<clipPath id="round"><rect width="%[1]d" height="20" rx="4"/></clipPath>` +
	`<g clip-path="url(#round)"><path fill="#3c434e" d="M0 0h%[2]dv20H0z"/><path fill="%[4]s" d="M%[2]d 0h%[3]dv20H%[2]dz"/></g>` +
	`<g fill="#fff" font-family="Verdana,Geneva,'DejaVu Sans',sans-serif" font-size="11" text-anchor="middle">` +
	`<text x="%[7]g" y="14" textLength="%[8]d">%[5]s</text><text x="%[9]g" y="14" textLength="%[10]d">%[6]s</text></g></svg>` + "\n"

// SVG returns a badge as a picture of 20 px height. Its texts may be anything: what is too long
// is cut, and what XML does not allow is replaced.
func SVG(label, message string, color Color) []byte {
	label, message = clip(label), clip(message)
	const space = 6 // px, on both sides of a text
	labelWidth, messageWidth := textWidth(label), textWidth(message)
	left, right := labelWidth+2*space, messageWidth+2*space
	return fmt.Appendf(nil, picture, left+right, left, right, color, escape(label), escape(message),
		float64(left)/2, labelWidth, float64(left)+float64(right)/2, messageWidth)
}

// clip returns a text in one line and of a bounded length.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText-1]) + "…"
	}
	return text
}

func escape(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes all
	return b.String()
}

// textWidth estimates the width of a text in Verdana of 11 px. The picture says it to the
// browser, which sets the text to that width, whatever font it has.
func textWidth(text string) int {
	var sum float64
	for _, r := range text {
		sum += runeWidth(r)
	}
	return int(sum + 0.5)
}

func runeWidth(r rune) float64 {
	switch kind := width.LookupRune(r).Kind(); {
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) || unicode.Is(unicode.Cf, r):
		return 0 // it is on another one
	case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
		return 11
	case strings.ContainsRune("ijlI.,:;|!'’ ()[]/\\-ft", r):
		return 4.2
	case strings.ContainsRune("mwMW@%…", r):
		return 10.5
	case unicode.IsUpper(r):
		return 7.8
	}
	return 6.8
}
