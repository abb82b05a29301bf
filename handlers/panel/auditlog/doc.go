// Package auditlog is the pages of the audit, and its export.
package auditlog
