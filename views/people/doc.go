// Package people shows accounts to admins, and the keys that somebody knows who leaves.
package people
