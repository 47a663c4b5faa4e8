package badge

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// texts returns the texts of a picture, or ends the test if it is not well-formed.
func texts(t *testing.T, svg []byte) []string {
	t.Helper()
	if !utf8.Valid(svg) {
		t.Fatalf("not UTF-8: %q", svg)
	}
	var found []string
	decoder := xml.NewDecoder(strings.NewReader(string(svg)))
	for name := ""; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			name = token.Name.Local
		case xml.EndElement:
			name = ""
		case xml.CharData:
			if name == "text" {
				found = append(found, string(token))
			}
		}
	}
}

func TestABadgeSaysItsTexts(t *testing.T) {
	svg := SVG("billing", "healthy", Healthy)
	if got := texts(t, svg); len(got) != 2 || got[0] != "billing" || got[1] != "healthy" {
		t.Errorf("%q in %s", got, svg)
	}
	for _, part := range []string{`height="20"`, `fill="#1a7a45"`, `<title>billing: healthy</title>`, `aria-label="billing: healthy"`} {
		if !strings.Contains(string(svg), part) {
			t.Errorf("%s is not in %s", part, svg)
		}
	}
}

func TestAnyTextMakesAPicture(t *testing.T) {
	for _, text := range []string{
		"", `"><script>alert(1)</script>`, "a\x00b\nc\td", "\xff", "&amp;", "שלום", "服务", strings.Repeat("e\u0301", 500), strings.Repeat("W", 10_000), "%s%d",
	} {
		got := texts(t, SVG(text, text, Down))
		if text != "" && len(got) != 2 {
			t.Errorf("%.20q gives %q", text, got)
		}
		for _, one := range got {
			if n := utf8.RuneCountInString(one); n > maxText {
				t.Errorf("%.20q has %d characters", text, n)
			}
		}
	}
}

// A wider text has a wider picture, and one of wide letters a wider one.
func TestWidthFollowsTheText(t *testing.T) {
	order := []string{"", "il", "ab", "AB", "WW", "服务", "abcdefgh"}
	for i, text := range order[1:] {
		if textWidth(text) <= textWidth(order[i]) {
			t.Errorf("%q is %d wide, %q %d", text, textWidth(text), order[i], textWidth(order[i]))
		}
	}
	if textWidth("é") != textWidth("e\u0301") {
		t.Error("an accent takes room")
	}
}
