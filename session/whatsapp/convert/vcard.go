package convert

import (
	"io"
	"mime/quotedprintable"
	"strings"

	"wadah/session/message"
)

var (
	lineEnds    = strings.NewReplacer("\r\n", "\n", "\r", "\n")
	cardEscaped = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `;`, `\;`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)
	cardPlain   = strings.NewReplacer(`\\`, `\`, `\,`, `,`, `\;`, `;`, `\n`, " ", `\N`, " ")
)

// readCard reads name and numbers of a visiting card (vCard 2.1, 3.0 or 4.0, as phones
// write them). What cannot be read is passed over.
func readCard(card string) message.Contact {
	var c message.Contact
	for _, entry := range cardLines(card) {
		key, value, ok := strings.Cut(entry, ":")
		if !ok {
			continue
		}
		params := strings.Split(key, ";")
		property := strings.ToUpper(params[0])
		if dot := strings.LastIndexByte(property, '.'); dot >= 0 { // "item1.TEL"
			property = property[dot+1:]
		}
		switch property {
		case "FN":
			if c.Name == "" {
				c.Name = name(cardText(params, value))
			}
		case "TEL":
			if len(c.Numbers) < message.MaxNumbers {
				c.Numbers = appendNew(c.Numbers, cardNumber(params, value))
			}
		}
	}
	return c
}

// cardLines undoes the folding of long lines.
func cardLines(card string) []string {
	var lines []string
	for _, l := range strings.Split(lineEnds.Replace(card), "\n") {
		last := len(lines) - 1
		switch {
		case last >= 0 && (strings.HasPrefix(l, " ") || strings.HasPrefix(l, "\t")):
			if len(lines[last]) < message.MaxLabel {
				lines[last] += l[1:]
			}
		case last >= 0 && strings.HasSuffix(lines[last], "=") && isQuoted(strings.Split(lines[last], ";")):
			if len(lines[last]) < message.MaxLabel {
				lines[last] = strings.TrimSuffix(lines[last], "=") + l
			}
		default:
			lines = append(lines, l)
		}
	}
	return lines
}

func isQuoted(params []string) bool {
	for _, p := range params {
		p, _, _ = strings.Cut(p, ":")
		if strings.EqualFold(p, "ENCODING=QUOTED-PRINTABLE") || strings.EqualFold(p, "QUOTED-PRINTABLE") {
			return true
		}
	}
	return false
}

// cardText undoes the escapes of a text.
func cardText(params []string, value string) string {
	if isQuoted(params) {
		value = value[:min(len(value), message.MaxLabel)]
		if plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(value))); err == nil {
			value = string(plain)
		}
	}
	return cardPlain.Replace(value)
}

// cardNumber gives the digits of a number that WhatsApp knows ("waid=6281234567890") or
// that is written internationally, else the number as it was written.
func cardNumber(params []string, value string) string {
	for _, p := range params[1:] {
		if key, id, _ := strings.Cut(p, "="); strings.EqualFold(key, "waid") && len(digits(id)) > 4 {
			return name(digits(id))
		}
	}
	value = name(strings.TrimPrefix(strings.TrimSpace(value), "tel:"))
	if strings.HasPrefix(value, "+") && len(digits(value)) > 4 {
		return digits(value)
	}
	return value
}

func digits(s string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, s)
}

func appendNew(list []string, s string) []string {
	if s == "" {
		return list
	}
	for _, has := range list {
		if has == s {
			return list
		}
	}
	return append(list, s)
}

// writeCard makes a card as WhatsApp's clients send it.
func writeCard(c message.Contact) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCARD\nVERSION:3.0\n")
	b.WriteString("N:;" + cardEscaped.Replace(c.Name) + ";;;\n")
	b.WriteString("FN:" + cardEscaped.Replace(c.Name) + "\n")
	for _, number := range c.Numbers {
		if d := digits(number); d == strings.TrimPrefix(number, "+") {
			b.WriteString("TEL;type=CELL;type=VOICE;waid=" + d + ":+" + d + "\n")
		} else {
			b.WriteString("TEL;type=CELL;type=VOICE:" + cardEscaped.Replace(number) + "\n")
		}
	}
	b.WriteString("END:VCARD")
	return b.String()
}
