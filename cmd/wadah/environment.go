package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// environment fills flags that were not given from WADAH_ variables. An empty
// variable counts as absent: container set-ups pass those on without meaning it.
func environment(getenv func(string) string) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if flag.Name == "help" {
			return nil, nil
		}
		if v := getenv(variable(flag.Name)); v != "" {
			return v, nil
		}
		return nil, nil
	})
}

// variable is the environment variable of a flag.
func variable(flag string) string {
	return "WADAH_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// helpWithEnvironment shows the variable and the default of each flag in --help.
func helpWithEnvironment(v *kong.Value) string {
	if v.Flag == nil || v.Flag.Name == "help" {
		return v.Help
	}
	help := strings.TrimSuffix(v.Help, ".") + " ($" + variable(v.Flag.Name) + ")."
	if v.Flag.PlaceHolder != "" && v.HasDefault {
		// kong shows a default only where it shows no placeholder.
		help += " Default: " + v.Default + "."
	}
	return help
}

// secret reads a secret from the file a flag names, or from a variable. Neither
// is "": the secret was not given. Surrounding white space does not belong to it,
// because editors and echo end files with a line break.
func secret(getenv func(string) string, name, file string) (string, error) {
	value := getenv(variable(name))
	switch {
	case file == "":
		return strings.TrimSpace(value), nil
	case value != "":
		return "", usagef("%s and %s are both set: set one of them", variable(name), variable(name+"-file"))
	}
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", usagef("--%s-file: there is no file %s", name, file)
	}
	if err != nil {
		return "", fmt.Errorf("--%s-file: %w", name, err)
	}
	if value = strings.TrimSpace(string(content)); value == "" {
		return "", usagef("--%s-file: the file %s is empty", name, file)
	}
	return value, nil
}
