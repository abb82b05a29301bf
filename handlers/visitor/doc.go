// Package visitor says who makes a request to the panel: by which login, with which role,
// which devices that person may see, and in which language and time zone.
package visitor
