// Package reference is the pages that describe the API, where people try its calls.
package reference
