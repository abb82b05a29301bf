package auditlog

import "testing"

func TestNoFormula(t *testing.T) {
	for _, text := range []string{
		"=1+1", "+1", "-1", "@SUM(1)", "\tx", "\rx", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x",
		"\ufe66x", "\ufe62x", "\ufe63x", "\ufe6bx", "\u2212x", "\u207cx", "\u207ax", "\u208bx",
		" =1", "\u00a0=1", "\u3000\uff1d1", "\ufeff=1", "\u200b@x", "\u202e-x",
	} {
		if got := noFormula(text); got != "'"+text {
			t.Errorf("%q stays %q", text, got)
		}
	}
	for _, text := range []string{"", "budi", "1=1", "a-b", " budi", "\u200dx", "\u4e00", "'=1", "~", "62 812"} {
		if got := noFormula(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}
