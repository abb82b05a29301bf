// Package models stores things and refuses invalid ones. It is the only package
// that imports GORM, and no type of GORM leaves it.
//
// Open gives a Store on one SQLite file, which whatsmeow's own store shares
// (Store.SQL): one file to back up. Methods take a context first, return the plain
// structs of this package, and errors that errors.Is finds among the sentinels, or
// an *Invalid that names the refused value. Times are UTC, to the millisecond. IDs
// are 26 lowercase characters that sort by creation.
//
// # Tables
//
//	users          people who may sign in to the panel, passwords as argon2id
//	logins         their signed-in browsers, tokens as SHA-256
//	devices        devices: name, desired state, link, why they are off
//	api_keys       keys of devices: HMAC for lookup, value sealed for revealing
//	device_events  the timeline of each device, the newest 500
//	audit_entries  who did what
//	settings       names and values, among them what recognises the server key
//	migrations     the schema changes this file has seen
//	whatsmeow_*    whatsmeow's; nothing here reads or writes them
//
// # Secrets
//
// A server key of 32 bytes (LoadServerKey) derives one subkey per purpose (HKDF).
// The database alone reveals no API key, no proxy password, no login and no
// panel password.
package models
