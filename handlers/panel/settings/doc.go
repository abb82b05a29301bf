// Package settings is the pages of what concerns the whole installation.
package settings
