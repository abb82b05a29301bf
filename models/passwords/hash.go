// Package passwords says which passwords will do, and hashes them.
package passwords

import (
	"context"
	"runtime"

	"github.com/alexedwards/argon2id"

	"wadah/models/engine"
)

// params are OWASP's for argon2id: 19 MiB, two passes, one lane
// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html).
func params() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// Dummy is compared with when the user is unknown. It has params and
// random bytes for salt and key; no password fits it.
const Dummy = "$argon2id$v=19$m=19456,t=2,p=1$q3O6m8zJx2hQvR1nD5kYFw$7pV2c0yXk9sQf3mZrT8uLwBhJd5NaEoGi1KxPqRtYs4"

// Hasher hashes passwords, in turn.
type Hasher struct{ *line }

// NewHasher makes a hasher.
func NewHasher() Hasher {
	return Hasher{&line{free: max(1, min(4, runtime.NumCPU()))}}
}

// Create hashes a password with the parameters of today.
func (h Hasher) Create(ctx context.Context, password string) (string, error) {
	if err := h.take(ctx, Asker{}); err != nil {
		return "", err
	}
	defer h.done()
	hash, err := argon2id.CreateHash(password, params())
	if err != nil {
		return "", engine.Faultf(engine.ErrStorage, err, "the password cannot be hashed")
	}
	return hash, nil
}

// Matches reports whether the password has this hash, and whether the hash was
// made with other parameters than today's.
func (h Hasher) Matches(ctx context.Context, password, hash string, by Asker) (match, outdated bool, err error) {
	if err := h.take(ctx, by); err != nil {
		return false, false, err
	}
	defer h.done()
	if len(password) > MaxBytes {
		password = "" // fits no hash, and costs what any other does
	}
	match, had, err := argon2id.CheckHash(password, hash)
	if err != nil {
		return false, false, engine.Faultf(engine.ErrCorrupt, err, "a stored password is damaged; set it again with `wadah user passwd`")
	}
	return match, *had != *params(), nil
}
