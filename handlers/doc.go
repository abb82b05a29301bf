// Package handlers is the front door: it mounts the routes of its rooms, each with its
// permission, and guards them. What the routes do is up to the rooms.
package handlers
