package main

import "os/user"

// Whose a folder is cannot be told simply on Windows: obstacle sees nothing, and runsAs
// names the user.
func obstacle(string, ...string) string { return "" }

func standing(string) string { return runsAs() }

func runsAs() string {
	u, err := user.Current()
	if err != nil {
		return "Wadah runs as a user without access"
	}
	return "Wadah runs as " + u.Username + "; give that user full access in the folder's properties"
}
