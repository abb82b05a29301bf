// Package people is the pages of the people who use the panel: their roles, devices, passwords
// and logins, and the keys they know.
package people
