// Package der reads and writes DER (X.690), on golang.org/x/crypto/cryptobyte, and turns BER into DER.
//
// Reader is strict: one encoding of each value, nothing left over. Where real files force leniency, the method says so.
// Normalize is for what old programs write: indefinite lengths and strings in pieces. Unarmor and DecodePEM take the
// text forms. Nothing here knows what a structure means; pki and sig do.
//
// Callers cap what they read; the package itself needs memory in proportion to its input and never recurses deeper
// than Limits.Depth.
package der
