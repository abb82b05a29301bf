package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/alecthomas/kong"
)

// What the program ends with.
const (
	exitOK      = 0
	exitFailure = 1 // it was asked for something sensible and could not do it
	exitUsage   = 2 // it does not understand what it was asked for
)

// program is everything the command takes from the process it runs in, so that
// tests can run it many times in one process.
type program struct {
	args           []string
	getenv         func(name string) string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// cli is the command line. Every flag --some-name is also the environment
// variable WADAH_SOME_NAME; secrets are never flags, because other users of the
// machine can read the arguments of a process.
type cli struct {
	LogLevel  string `help:"How much to log: ${enum}." enum:"debug,info,warn,error" default:"info"`
	LogFormat string `help:"Log as text or json, to standard error." enum:"text,json" default:"text"`

	Serve   serveCmd   `cmd:"" default:"withargs" help:"Run the server (the default command)."`
	Sandbox sandboxCmd `cmd:"" help:"Run the server on a simulated WhatsApp with virtual phones: no phone and no internet needed."`
	Device  deviceCmd  `cmd:"" help:"Administer devices, also while a server runs on the same data folder."`
	User    userCmd    `cmd:"" help:"Administer the people who may use the panel."`
	Backup  backupCmd  `cmd:"" help:"Write a copy of all data to a file, also while a server runs."`
	Restore restoreCmd `cmd:"" help:"Unpack such a file into a new data folder."`
	Move    moveCmd    `cmd:"" help:"Copy a stopped installation from its file to PostgreSQL."`
	Health  healthCmd  `cmd:"" help:"Ask the server on this machine whether it works."`
	Version versionCmd `cmd:"" help:"Show the version of Wadah and of what it speaks."`
}

// usageError is a mistake in the arguments or the environment.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// run does what the arguments ask for and returns the exit code of the process.
func run(ctx context.Context, p program) int {
	err := p.execute(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(p.stderr, "wadah: %v\n", err)
	var usage usageError
	var parse *kong.ParseError
	if errors.As(err, &usage) || errors.As(err, &parse) {
		fmt.Fprintln(p.stderr, "wadah: run \"wadah --help\" to see what is possible")
		return exitUsage
	}
	return exitFailure
}

func (p program) execute(ctx context.Context) error {
	var c cli
	helped := false
	parser, err := kong.New(&c,
		kong.Name("wadah"),
		kong.Description("A self-hosted WhatsApp device gateway.\n\nEvery flag --some-name can also be given as the environment variable WADAH_SOME_NAME."),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(int) { helped = true }),
		kong.Resolvers(environment(p.getenv)),
		kong.ValueFormatter(helpWithEnvironment),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return fmt.Errorf("describe the command line: %w", err)
	}
	parsed, err := parser.Parse(p.args)
	if helped {
		return nil
	}
	if err != nil {
		return err
	}
	log, err := newLogger(p.stderr, c.LogLevel, c.LogFormat)
	if err != nil {
		return err
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run(&p, log)
}

// newLogger writes to w. Nothing in the product uses the default logger.
func newLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usagef("--log-level: %q is not a level", level)
	}
	opts := &slog.HandlerOptions{Level: l, ReplaceAttr: redact}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return slog.New(slog.NewTextHandler(w, opts)), nil
}
