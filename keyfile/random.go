package keyfile

import (
	"fmt"
	"io"
)

// randomCost is for passwords that cannot be guessed at any speed: the derivation only has to be one.
var randomCost = cost{1000, 1000}

// WriteRandom is Write in the modern form under a password of at least 128 random bits, which a program keeps and no person
// chose. Slow derivation protects guessable passwords; here it would only make a server slow to start.
func WriteRandom(rand io.Reader, password string, entries ...Entry) ([]byte, error) {
	if len(password) < 26 { // 128 bits in base32
		return nil, fmt.Errorf("couldn't write the key container: a password of %d characters is not a random one", len(password))
	}
	out, err := write(rand, modern{randomCost}, password, entries)
	if err != nil {
		return nil, fmt.Errorf("couldn't write the key container: %w", err)
	}
	return out, nil
}
