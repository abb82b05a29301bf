// Package phones is the pages of the virtual phones, which exist only in the sandbox: people
// scan, enter codes, and let things go wrong, as those at real phones would.
package phones
