package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseList(t *testing.T) {
	for _, text := range []string{
		"source,target,source-password,target-password\nimaps://a@h,work,\" p,w\"\"1\",\n# a remark\nimaps://b@h, imaps://b@g,,x\n",
		"\xEF\xBB\xBFTarget;Source;Target-Password;Source-Password\r\nwork;imaps://a@h;;\" p,w\"\"1\"\r\n\r\nimaps://b@g;imaps://b@h;x;\r\n",
	} {
		got, err := ParseList("l.csv", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			got[i].Line = 0
		}
		want := []ListEntry{{0, "imaps://a@h", "work", ` p,w"1`, ""}, {0, "imaps://b@h", "imaps://b@g", "", "x"}}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestListMistakes(t *testing.T) {
	for text, want := range map[string][]string{
		"":                        {"l.csv: there is no account in it"},
		"source,target\n":         {"l.csv: there is no account in it"},
		"imaps://a:s3cret@h,b\n":  {"l.csv:1: unknown column", "1: unknown column", "1: there is no column source", "1: there is no column target"},
		"source,targte\na,b\n":    {`1: unknown column "targte"; did you mean target?`, "1: there is no column target"},
		"source,target,target\n":  {"1: the column target stands twice"},
		"source,target\na\nb,\n":  {"2: 1 columns, the first line has 2", "3: source or target is empty"},
		"source,target\na,b\na,b": {"3: the same accounts as in line 2"},
		"source,target\na,\"b\n":  {"this is no CSV"},
	} {
		_, err := ParseList("l.csv", []byte(text))
		usage, ok := errors.AsType[*UsageError](err)
		if !ok || len(usage.Problems) != len(want) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		for i, w := range want {
			if !strings.Contains(usage.Problems[i], w) || strings.Contains(usage.Problems[i], "s3cret") {
				t.Errorf("%q: %q, want %q", text, usage.Problems[i], w)
			}
		}
	}
}

func FuzzList(f *testing.F) {
	f.Add([]byte("source,target,source-password\nimaps://a@h,work,\"x\ny\"\n# no\n"))
	f.Add([]byte("\xEF\xBB\xBFsource;target\r\na;b\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := ParseList("l", text)
		for _, e := range list {
			if e.Source == "" || e.Target == "" || err != nil {
				t.Errorf("%+v, %v", e, err)
			}
		}
		if len(list) == 0 && err == nil {
			t.Error("neither accounts nor an error")
		}
	})
}
