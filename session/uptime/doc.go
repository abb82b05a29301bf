// Package uptime is a clock that also goes while the machine sleeps.
package uptime
