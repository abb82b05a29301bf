// Package settings shows what concerns the installation, and what it is made of.
package settings
