// Package ameide adds retries, deadlines, credentials, tenants, request ids, tracing and one kind of error to
// Connect clients.
package ameide
