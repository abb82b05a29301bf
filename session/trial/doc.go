// Package trial puts device life on trial with everything real: the manager, the
// driver, the genuine WhatsApp library, SQLite, and the simulated WhatsApp with its
// faults. It holds tests only. They run without the race detector, because the
// library has data races of its own where faults are provoked; device life itself
// is tested with the detector in package session, on the in-memory driver.
//
// WADAH_SOAK=1 (make soak) makes the same tests longer and larger.
package trial
