// Package about says what this program is, and under which licences its parts are.
package about
