package views

import (
	"cmp"
	"strings"
)

// KeyStandIn stands where an API key goes in examples, until it is revealed.
const KeyStandIn = "YOUR_API_KEY"

// FillExample puts the address of this installation and a key, or KeyStandIn for "", in
// the place of {URL} and {KEY}.
func FillExample(code, baseURL, key string) string {
	return strings.NewReplacer("{URL}", baseURL, "{KEY}", cmp.Or(key, KeyStandIn)).Replace(code)
}
