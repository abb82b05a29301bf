package limit

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// Limits bound what one client can use up. A zero field means no such limit, but for
// MaxBody. The defaults are generous to honest clients: a key may poll two hundred times a
// second, an address that serves a thousand devices once a second for each.
//
// They are declared here alone, for kong: the command line has a flag for each field, and
// Variable tells its variable.
type Limits struct {
	Pace `embed:""`
	Room `embed:""`
}

// Pace is how often somebody may ask: a key (or the system secret), and a client address
// whatever it asks for. IPv6 addresses count by their /64 network.
type Pace struct {
	KeyRate      int `help:"API requests a second that one key may make in the long run; 0 for any number." default:"200" placeholder:"N"`
	KeyBurst     int `help:"API requests that one key may make at once after a pause." default:"1000" placeholder:"N"`
	AddressRate  int `help:"Requests a second of one client address in the long run; 0 for any number. Behind a reverse proxy set --trusted-proxies, or all clients count as one." default:"1000" placeholder:"N"`
	AddressBurst int `help:"Requests of one client address at once after a pause." default:"5000" placeholder:"N"`
}

// Room is how much of something somebody may take.
type Room struct {
	KeyStreams         int   `help:"Event streams that one key or scan link may have open; 0 for any number." default:"10" placeholder:"N"`
	LoginStreams       int   `help:"Live pages that one login may have open; 0 for any number." default:"30" placeholder:"N"`
	Connections        int   `help:"Connections to panel and API that may be open; 0 for as many as the limit of open files allows. Those that only wait give way to new ones." default:"10000" placeholder:"N"`
	AddressConnections int   `help:"Connections that one client address may have open, other than this machine and trusted proxies; 0 for any number." default:"500" placeholder:"N"`
	MaxDevices         int   `help:"Devices that may exist before the panel and the system API refuse to add one; 0 for any number." default:"1000" placeholder:"N"`
	MaxBody            int64 `help:"Bytes that the body of a request may have." default:"65536" placeholder:"BYTES"`
}

// Default are the limits of an installation that changes none.
func Default() Limits {
	var l Limits
	err := l.each(func(field reflect.StructField, value reflect.Value) error {
		n, err := strconv.ParseInt(field.Tag.Get("default"), 10, 64)
		value.SetInt(n)
		return err
	})
	if err != nil {
		panic(err) // TestDefault would have found it
	}
	return l
}

const (
	mostCount = 1_000_000
	leastBody = 1024
	mostBody  = 64 << 20
)

// OutOfBoundsError is a limit that cannot be meant.
type OutOfBoundsError struct {
	Flag        string // without the dashes
	Value       int64
	Least, Most int64
}

// Error names the flag and what it may be.
func (e *OutOfBoundsError) Error() string {
	return fmt.Sprintf("--%s: %d is not a number from %d to %d", e.Flag, e.Value, e.Least, e.Most)
}

// Check finds limits that cannot be meant; the error is an *OutOfBoundsError.
func (l Limits) Check() error {
	return l.each(func(field reflect.StructField, value reflect.Value) error {
		least, most := int64(0), int64(mostCount)
		if field.Name == "MaxBody" {
			least, most = leastBody, mostBody
		}
		if n := value.Int(); n < least || n > most {
			return &OutOfBoundsError{flag(field.Name), n, least, most}
		}
		return nil
	})
}

// each hands every limit to do, until that fails.
func (l *Limits) each(do func(field reflect.StructField, value reflect.Value) error) error {
	for _, group := range []any{&l.Pace, &l.Room} {
		values := reflect.ValueOf(group).Elem()
		for i := range values.NumField() {
			if err := do(values.Type().Field(i), values.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Variable is the environment variable of a limit: WADAH_KEY_RATE of KeyRate.
func Variable(field string) string {
	if _, ok := reflect.TypeFor[Limits]().FieldByName(field); !ok {
		panic("no limit " + field)
	}
	return "WADAH_" + strings.ToUpper(strings.ReplaceAll(flag(field), "-", "_"))
}

// flag is how kong names the flag of a field.
func flag(field string) string {
	var b strings.Builder
	for i, r := range field {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
