// Package reference shows the description of the API, with forms that try its calls.
package reference
