package probe

import "testing"

func TestCookies(t *testing.T) {
	for name, tc := range map[string]struct {
		set  []string // by http://billing.example/dir/login
		to   string
		want string
	}{
		"come back":                      {[]string{"a=1"}, "http://billing.example/dir/", "a=1"},
		"to another port":                {[]string{"a=1"}, "http://billing.example:81/dir/", "a=1"},
		"to another spelling":            {[]string{"a=1"}, "http://BILLING.example./dir/", "a=1"},
		"all of them":                    {[]string{"a=1; Path=/", "b=2; HttpOnly"}, "http://billing.example/dir/x", "b=2; a=1"},
		"the last of a name":             {[]string{"a=1", "a=2"}, "http://billing.example/dir/", "a=2"},
		"not to another path":            {[]string{"a=1"}, "http://billing.example/", ""},
		"unless they are for it":         {[]string{"a=1; Path=/"}, "http://billing.example/", "a=1"},
		"not once they are deleted":      {[]string{"a=1", "a=; Max-Age=0"}, "http://billing.example/dir/", ""},
		"not in plain text, if secure":   {[]string{"a=1; Secure"}, "http://billing.example/dir/", ""},
		"by https, if secure":            {[]string{"a=1; Secure"}, "https://billing.example/dir/", "a=1"},
		"as they are":                    {[]string{`a={"b": "z` + "\u00fc" + `rich", c}`}, "http://billing.example/dir/", `a={"b": "z` + "\u00fc" + `rich", c}`},
		"in quotes, if they had some":    {[]string{`a="1"`}, "http://billing.example/dir/", `a="1"`},
		"with an odd name":               {[]string{"a[b]=1"}, "http://billing.example/dir/", "a[b]=1"},
		"empty":                          {[]string{"a="}, "http://billing.example/dir/", "a="},
		"for the whole domain":           {[]string{"a=1; Domain=.billing.example"}, "http://billing.example/dir/", "a=1"},
		"not for other domains":          {[]string{"a=1; Domain=other.example"}, "http://billing.example/dir/", ""},
		"without what breaks the header": {[]string{"a=1\rb: c", "b=\x00", "c"}, "http://billing.example/dir/", ""},
	} {
		t.Run(name, func(t *testing.T) {
			from, err := parse("http://billing.example/dir/login")
			if err != nil {
				t.Fatal(err)
			}
			if name == "by https, if secure" {
				from.secure = true // plain HTTP can't set them
			}
			to, err := parse(tc.to)
			if err != nil {
				t.Fatal(err)
			}
			var c cookies
			c.set(from, tc.set)
			if got := c.header(to); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
