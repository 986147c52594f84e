package maildir_test

import (
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/zone"
	"github.com/mailhaul/mailhaul/archive/maildir"
)

func TestName(t *testing.T) {
	digest := [8]byte{0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78}
	tests := map[string]struct {
		name maildir.Name
		want string
	}{
		"LF": {maildir.Name{InternalDate: time.Unix(1700000000, 0).In(time.FixedZone("", 3600)), UIDValidity: 1699999999,
			UID: 4711, Digest: digest, Stored: 4523, Size: 4617, LineEnds: mailhaul.LF},
			"1700000000.V1699999999U4711Z+0100H0f1e2d3c4b5a6978.mailhaul,S=4523,W=4617"},
		"verbatim": {maildir.Name{InternalDate: time.Unix(1, 0).UTC(), UIDValidity: 1, UID: 1, Digest: digest, Stored: 9, Size: 9},
			"1.V1U1Z+0000H0f1e2d3c4b5a6978.mailhaul,S=9"},
		"no date": {maildir.Name{UIDValidity: 4294967295, UID: 4294967295},
			"0.V4294967295U4294967295ZnoneH0000000000000000.mailhaul,S=0"},
		"year 1": {maildir.Name{InternalDate: time.Date(1, 1, 1, 0, 0, 1, 0, time.FixedZone("", -12*3600)), UIDValidity: 1, UID: 2},
			"-62135553599.V1U2Z-1200H0000000000000000.mailhaul,S=0"},
		"year 9999": {maildir.Name{InternalDate: time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", 5*3600+45*60)), UIDValidity: 1, UID: 2},
			"253402280099.V1U2Z+0545H0000000000000000.mailhaul,S=0"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			if got := test.name.Base(); got != test.want {
				t.Fatalf("Base() = %s, want %s", got, test.want)
			}
			for _, info := range []string{"", ":2,", ":2,FS", ";2,FS"} {
				got, ok := maildir.Parse(test.want + info)
				if !ok || !got.InternalDate.Equal(test.name.InternalDate) {
					t.Fatalf("Parse(%s) = %+v, %v", test.want+info, got, ok)
				}
				if zone.Of(got.InternalDate) != zone.Of(test.name.InternalDate) {
					t.Errorf("zone %s, want %s", zone.Of(got.InternalDate), zone.Of(test.name.InternalDate))
				}
				got.InternalDate = test.name.InternalDate
				if got != test.name {
					t.Errorf("Parse(%s) = %+v, want %+v", test.want+info, got, test.name)
				}
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, name := range []string{
		"",
		".",
		"1700000000.M20046P2137.host",
		"1700000000.M20046P2137.host,S=4542,W=4642:2,S",
		"1.V1U1Z+0000H0f1e2d3c4b5a6978.mailhaul,S=-9",
		"1.V1U1Z+0000H0f1e2d3c4b5a6978.mailhaul,S=9,W=9",
		"1.V1U1Z+0000H0f1e2d3c4b5a6978.mailhaul,S=9,W=8",
		"1.V1U1Z+0000H0F1E2D3C4B5A6978.mailhaul,S=9",
		"1.V01U1Z+0000H0f1e2d3c4b5a6978.mailhaul,S=9",
		"1.V1U1Z+0060H0f1e2d3c4b5a6978.mailhaul,S=9",
		"1.V1U1ZnoneH0f1e2d3c4b5a6978.mailhaul,S=9",
		"1.V1U1Z+0000H0f1e2d3c4b5a6978.mailhaul,S=9/../x",
		"1.V1U0Z+0000H0f1e2d3c4b5a6978.mailhaul,S=9",
		"1.V1U4294967296Z+0000H0f1e2d3c4b5a6978.mailhaul,S=9",
		"../1.V1U1Z+0000H0f1e2d3c4b5a6978.mailhaul,S=9",
	} {
		if n, ok := maildir.Parse(name); ok {
			t.Errorf("Parse(%q) = %+v, want none", name, n)
		}
	}
}

func TestInfo(t *testing.T) {
	tests := map[string]struct{ flags, info, replaced string }{
		"none":            {"", ":2,", ":2,ab"},
		"all":             {`\Answered \Deleted \Draft \Flagged \Seen $Forwarded`, ":2,DFPRST", ":2,DFPRSTab"},
		"keywords":        {`\Seen work NonJunk`, ":2,S", ":2,Sab"},
		"odd case, order": {`\SEEN \flagged`, ":2,FS", ":2,FSab"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			flags := mailhaul.MakeFlags(mailhaul.Flags(test.flags).List()...)
			if got := maildir.Info(flags); got != test.info {
				t.Errorf("Info = %s, want %s", got, test.info)
			}
			if got := maildir.Replace(":2,TbaaFS", flags); got != test.replaced {
				t.Errorf("Replace = %s, want %s", got, test.replaced)
			}
			again := maildir.Flags(test.info)
			if maildir.Info(again) != test.info {
				t.Errorf("Flags(%s) = %s", test.info, again)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("1700000000.V1699999999U4711Z+0100H0f1e2d3c4b5a6978.mailhaul,S=4523,W=4617:2,FS")
	f.Add("-62135596800.V1U2ZnoneH0000000000000000.mailhaul,S=0")
	f.Add("1.V1U1Z+0000H0f1e2d3c4b5a6978.mailhaul,S=9")
	f.Fuzz(func(t *testing.T, name string) {
		n, ok := maildir.Parse(name)
		if !ok {
			return
		}
		base, _ := maildir.Split(name)
		if n.Base() != base {
			t.Errorf("%q was read as %+v, which is %q", name, n, n.Base())
		}
	})
}
