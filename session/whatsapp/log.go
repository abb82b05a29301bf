package whatsapp

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// libraryLog passes the library's warnings and errors on, as debug messages: what
// matters reaches the log as a signal. The library's own debug and info messages
// hold whole stanzas, with keys and codes, and are dropped unread.
type libraryLog struct {
	log            *slog.Logger
	device, module string
	warned         func(format string, args []any) // hears warnings, too; nil for nobody
}

var _ waLog.Logger = (*libraryLog)(nil)

func newLibraryLog(log *slog.Logger, device string) *libraryLog {
	return &libraryLog{log: log, device: device}
}

func (*libraryLog) Debugf(string, ...any) {}
func (*libraryLog) Infof(string, ...any)  {}

func (l *libraryLog) Warnf(msg string, args ...any) {
	if l.warned != nil {
		l.warned(msg, args)
	}
	l.write("warn", msg, args)
}

func (l *libraryLog) Errorf(msg string, args ...any) { l.write("error", msg, args) }

func (l *libraryLog) Sub(module string) waLog.Logger {
	if l.module != "" {
		module = l.module + "/" + module
	}
	return &libraryLog{log: l.log, device: l.device, module: module, warned: l.warned}
}

func (l *libraryLog) write(level, msg string, args []any) {
	ctx := context.Background()
	if !l.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	safe := make([]any, len(args))
	for i, arg := range args {
		safe[i] = harmless(arg)
	}
	l.log.LogAttrs(ctx, slog.LevelDebug, "whatsmeow", slog.String("device", l.device), slog.String("module", l.module),
		slog.String("level", level), slog.String("text", shorten(redact(fmt.Sprintf(msg, safe...)), 300)))
}

// harmless replaces what may hold a secret as a whole: stanzas, addresses, bytes.
func harmless(arg any) any {
	switch arg := arg.(type) {
	case *waBinary.Node:
		if arg == nil {
			return "<>"
		}
		return "<" + arg.Tag + ">"
	case waBinary.Node:
		return "<" + arg.Tag + ">"
	case types.JID, *types.JID:
		return "[jid]"
	case []byte:
		return fmt.Sprintf("[%d bytes]", len(arg))
	default:
		return arg
	}
}

var (
	longNumbers = regexp.MustCompile(`[0-9]{6,}`)
	longTokens  = regexp.MustCompile(`[A-Za-z0-9+/=_-]{24,}`)
	addresses   = regexp.MustCompile(`(https?|wss?)://[^\s"]+`) // of files: whoever has one may get the file
)

// redact hides telephone numbers, keys, codes and addresses that are part of a text.
func redact(text string) string {
	text = addresses.ReplaceAllString(text, "$1://[…]")
	return longNumbers.ReplaceAllString(longTokens.ReplaceAllString(text, "[…]"), "[…]")
}

func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "…"
}

// redactedError is an error of the library whose text may hold addresses of files.
type redactedError struct {
	doing string
	err   error
}

func (e *redactedError) Error() string { return e.doing + ": " + shorten(redact(e.err.Error()), 300) }
func (e *redactedError) Unwrap() error { return e.err }
