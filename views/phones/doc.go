// Package phones shows the virtual phones of the sandbox.
package phones
