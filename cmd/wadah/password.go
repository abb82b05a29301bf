package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// passwordFlags say where a new password comes from.
type passwordFlags struct {
	PasswordFile string `help:"Read the password from this file; WADAH_PASSWORD gives the password itself. Without either it is asked for on a terminal, or read as one line from standard input." type:"path" placeholder:"FILE"`
}

// longestPasswordLine bounds what is read of standard input, in bytes.
const longestPasswordLine = 4096

// read returns the new password. It does not judge it: models does.
func (f passwordFlags) read(p *program) (string, error) {
	given, err := secret(p.getenv, "password", f.PasswordFile)
	if err != nil || given != "" {
		return given, err
	}
	if in, ok := p.stdin.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		return askPassword(int(in.Fd()), p.stderr)
	}
	line, err := bufio.NewReader(io.LimitReader(p.stdin, longestPasswordLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password from standard input: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", usagef("no password: give one on standard input, with --password-file or in WADAH_PASSWORD")
	}
	return line, nil
}

// askPassword asks twice on a terminal, without showing what is typed.
func askPassword(terminal int, prompt io.Writer) (string, error) {
	var typed [2]string
	for i, question := range []string{"New password: ", "Once more: "} {
		fmt.Fprint(prompt, question)
		line, err := term.ReadPassword(terminal)
		fmt.Fprintln(prompt)
		if err != nil {
			return "", fmt.Errorf("read the password from the terminal: %w", err)
		}
		typed[i] = string(line)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ: nothing was changed")
	}
	return typed[0], nil
}
