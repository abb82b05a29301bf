// Package scan is the pages behind scan links, which let somebody without an account link one
// device.
package scan
