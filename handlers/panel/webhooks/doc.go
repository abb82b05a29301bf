// Package webhooks is the pages of webhooks, of one device or of the installation.
package webhooks
