// Package webhooks is the pages about webhooks: where events of a device, or of all, are
// posted to, how that goes, and in sandbox mode a receiver to see them arrive.
package webhooks
