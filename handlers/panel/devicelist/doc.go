// Package devicelist is the list of devices: what stands on a page of it, in which order, live, and
// what is done to many at once.
package devicelist
