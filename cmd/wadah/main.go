// Command wadah runs the Wadah device gateway and administers its data folder.
//
// It is the only package that knows all the others: it reads the configuration,
// wires the parts together, and runs them. See `wadah --help` for its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // times are shown in people's zones also where the system knows none: in containers, on Windows
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly stop; from then on a second one ends
	// the program at once, because nobody catches it any more.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, program{
		args: os.Args[1:], getenv: os.Getenv,
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
	}))
}
