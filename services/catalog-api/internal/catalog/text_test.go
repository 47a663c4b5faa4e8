package catalog_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// alike is a pair of texts, and whether they are the same name, and the same team or tag.
type alike struct {
	a, b      string
	name, tag bool
}

var pairs = map[string]alike{
	"case":                            {"Billing", "bILLING", true, false},
	"case beyond ASCII":               {"ÄRGER", "ärger", true, false},
	"sharp s":                         {"STRASSE", "straße", true, false},
	"final sigma":                     {"ΟΔΟΣ", "οδος", true, false},
	"composed and decomposed":         {"caf\u00e9", "cafe\u0301", true, true},
	"full width":                      {"billing", "ｂｉｌｌｉｎｇ", true, true},
	"a ligature":                      {"office", "oﬃce", true, true},
	"a zero width space":              {"billing", "bill\u200bing", true, true},
	"a soft hyphen":                   {"billing", "bill\u00ading", true, true},
	"a byte order mark":               {"billing", "\ufeffbilling", true, true},
	"a word joiner and marks":         {"billing", "b\u2060il\u200el\u200fing\u061c", true, true},
	"a selector":                      {"billing", "billing\ufe0f\U000e0100", true, true},
	"a tag character":                 {"billing", "billing\U000e0062", true, true},
	"Hangul fillers":                  {"billing", "\u3164bil\uffa0ling\u115f", true, true},
	"a grapheme joiner in an accent":  {"caf\u00e9", "cafe\u034f\u0301", true, true},
	"two spaces":                      {"two spaces", "two  spaces", true, true},
	"a no-break space":                {"two spaces", "two\u00a0spaces", true, true},
	"many kinds of spaces":            {"two spaces", "\u2003two\u3000\u2009 \u202f\u2028spaces\u1680", true, true},
	"a blank of Braille":              {"two spaces", "two\u2800spaces", true, true},
	"a space around what is not seen": {"two spaces", "two \u200b spaces \u200b", true, true},
	"a joiner in Persian":             {"می\u200cخواهم", "میخواهم", true, true},
	"a joiner between emoji":          {"👨‍👩‍👧", "👨👩👧", true, true},
	"a space more":                    {"two spaces", "twospaces", false, false},
	"another name":                    {"billing", "billing-api", false, false},
	"a letter that looks alike":       {"billing", "bіlling", false, false},
	"an accent more":                  {"cafe", "café", false, false},
}

func TestIndistinguishableTexts(t *testing.T) {
	for name, tc := range pairs {
		t.Run(name, func(t *testing.T) {
			if got := catalog.NameKey(tc.a) == catalog.NameKey(tc.b); got != tc.name {
				t.Errorf("%+q and %+q: the same name is %v, want %v", tc.a, tc.b, got, tc.name)
			}
			if got := catalog.Key(tc.a) == catalog.Key(tc.b); got != tc.tag {
				t.Errorf("%+q and %+q: the same tag is %v, want %v", tc.a, tc.b, got, tc.tag)
			}
			want := []string{tc.a, tc.b}
			if tc.tag {
				want = want[:1]
			}
			if svc := service(catalog.Change{Tags: &[]string{tc.a, tc.b}}); len(svc.Tags) != len(want) || svc.Tags[0] != tc.a {
				t.Errorf("%+q are kept as %+q", []string{tc.a, tc.b}, svc.Tags)
			}
		})
	}
}

func TestTextIsKeptAsItIsWritten(t *testing.T) {
	for given, want := range map[string]string{
		"שלום":                            "שלום",
		"שָׁלוֹם":                         "שָׁלוֹם",
		"שלום \u200eAPI":                  "שלום \u200eAPI",
		"👨‍👩‍👧 family":                    "👨‍👩‍👧 family",
		"👩🏽‍💻":                            "👩🏽‍💻",
		"❤️ 1️⃣ ©️":                       "❤️ 1️⃣ ©️",
		"🏴\U000e0067\U000e0062\U000e007f": "🏴\U000e0067\U000e0062\U000e007f",
		"می\u200cخواهم":                   "می\u200cخواهم",
		"क्\u200dष श्री":                  "क्\u200dष श्री",
		"ไทย\u200bไทย":                    "ไทย\u200bไทย",
		"cafe\u0301":                      "cafe\u0301",
		"ｂｉｌｌ ﬁ":                          "ｂｉｌｌ ﬁ",
		"中文 カナ 한국어 ᏣᎳᎩ":                   "中文 カナ 한국어 ᏣᎳᎩ",
		"ᠮᠣᠩ\u180bᠭᠣᠯ":                    "ᠮᠣᠩ\u180bᠭᠣᠯ",
		"\ue0a0 branch":                   "\ue0a0 branch",
		"<b>&amp;":                        "<b>&amp;",
		" \t billing\n":                   "billing",
		"two \u00a0\u2003 spaces":         "two spaces",
		"\ufeffbill\u200bing\u00ad":       "billing",
		"a \u200b b":                      "a b",
	} {
		svc := service(catalog.Change{Name: &given, Team: &given, Tags: &[]string{given}})
		if svc.Name != want || svc.Team != want || svc.Tags[0] != want {
			t.Errorf("%+q is kept as name %+q, team %+q, tag %+q; want %+q", given, svc.Name, svc.Team, svc.Tags[0], want)
		}
		if err := svc.Validate(); err != nil {
			t.Errorf("%+q: %v", given, err)
		}
	}
}

func TestTextThatIsNotAllowed(t *testing.T) {
	for text, says := range map[string]string{
		"\u200b": "visible", "\u200d\ufe0f": "visible", "\u3164": "visible", "\u115f\u1160": "visible", "\u2800": "visible", "\u00ad\u00a0\u00ad": "visible",
		"\u0301": "visible", "\u200b\u0301": "visible", "\u034f": "visible", "\U000e0041": "visible", "\u061c": "visible", "\U0001d159": "visible",
		"x\ufffe": "Character 2 is U+FFFE", "\ufdd0": "Character 1 is U+FDD0", "é\U0001ffff": "Character 2 is U+1FFFF", "x\U0010fffe": "U+10FFFE",
		"a\u202eb": "Character 2 is U+202E", "\u202aab": "U+202A", "ab\u2066": "Character 3 is U+2066", " a\u2069": "Character 3 is U+2069",
		"a\x00": "Character 2 is U+0000", "a\nb": "Character 2 is U+000A", "a\tb": "U+0009", "a\u0085b": "U+0085", "a\u009bb": "U+009B", "a\x7f": "U+007F",
		"a\ufff9b": "U+FFF9", "a\xff": "Character 2 is not UTF-8", "ab\xed\xa0\x80": "Character 3 is not UTF-8", "\u200b  a\u200b\u202d": "Character 6 is U+202D",
	} {
		for field, c := range map[string]catalog.Change{"name": {Name: &text}, "team": {Team: &text}, "tags[0]": {Tags: &[]string{text}}} {
			invalid, _ := errors.AsType[*catalog.InvalidError](service(c).Validate())
			if invalid == nil || invalid.Fields[0].Field != field || !strings.Contains(invalid.Fields[0].Message, says) {
				t.Errorf("%+q as %s: got %v, want %q", text, field, invalid, says)
			}
		}
	}
	for _, text := range []string{"a\u202eb", "a\x00b", "a\ufffeb", "a\x1b[0m"} {
		link := "https://docs.example/" + text
		for field, c := range map[string]catalog.Change{"description": {Description: &text}, "docs_url": {DocsURL: &link}} {
			invalid, _ := errors.AsType[*catalog.InvalidError](service(c).Validate())
			if invalid == nil || invalid.Fields[0].Field != field {
				t.Errorf("%+q as %s: got %v", text, field, invalid)
			}
		}
	}
}

func TestWordsOfAQuery(t *testing.T) {
	for query, want := range map[string][]string{
		"":                         nil,
		" \u00a0\u200b\t":          nil,
		" Two\u00a0 WORDS\u3000Ｘ ": {"two", "words", "x"},
		"straße":                   {"strasse"},
		"cafe\u0301":               {"café"},
		"50% a_b \\":               {"50%", "a_b", "\\"},
	} {
		if got := catalog.Words(query); !slices.Equal(got, want) {
			t.Errorf("%+q has the words %+q, want %+q", query, got, want)
		}
	}
}

// FuzzKeys looks for text whose key changes when it is normalised, and for keys that the
// database cannot store.
func FuzzKeys(f *testing.F) {
	for _, tc := range pairs {
		f.Add(tc.a)
		f.Add(tc.b)
	}
	f.Add(strings.Repeat("\ufdfa", 100))
	f.Add("\u1e9b\u0323 \u0345 ΐ ǰ \u03d3")
	f.Fuzz(func(t *testing.T, text string) {
		svc := service(catalog.Change{Name: &text, Tags: &[]string{text}})
		if svc.Validate() != nil {
			return
		}
		again := service(catalog.Change{Name: &svc.Name, Tags: &svc.Tags})
		if again.Name != svc.Name || again.Tags[0] != svc.Tags[0] {
			t.Errorf("%+q is kept as %+q, and that as %+q", text, svc.Name, again.Name)
		}
		if catalog.Key(text) != catalog.Key(svc.Name) || catalog.Fold(text) != catalog.Fold(svc.Name) {
			t.Errorf("%+q is kept as %+q, which has another key", text, svc.Name)
		}
		if key := catalog.Fold(text); catalog.Fold(key) != key || len(catalog.Words(text)) == 0 {
			t.Errorf("%+q has the key %+q, and that %+q", text, key, catalog.Fold(key))
		}
		if key := catalog.NameKey(text); key == "" || len(key) > 1024 || !utf8.ValidString(key) {
			t.Errorf("%+q has a key of %d bytes", text, len(key))
		}
	})
}
