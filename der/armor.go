package der

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
)

// ErrTooLarge is the cause when an input is over its cap.
var ErrTooLarge = errors.New("input over the size limit")

// ErrNotArmored is the cause when Unarmor finds neither DER nor PEM nor base64.
var ErrNotArmored = errors.New("neither DER nor PEM nor base64")

// DecodePEM returns the first PEM block of b whose label is one of labels (any block when none is given), its label, and what follows it.
//
// On top of encoding/pem it takes what national tools and mail programs make of PEM: a byte-order mark, CR or CR LF line ends,
// blanks before the lines, base64 on one line with its markers. b is not changed. The caller caps b.
func DecodePEM(b []byte, labels ...string) (block []byte, label string, rest []byte, ok bool) {
	for tidied := false; ; {
		p, after := pem.Decode(b)
		if p == nil {
			if tidied || !bytes.Contains(b, []byte("-----BEGIN ")) {
				return nil, "", b, false
			}
			b, tidied = tidyPEM(b), true
			continue
		}
		if len(labels) == 0 || slices.Contains(labels, p.Type) {
			return p.Bytes, p.Type, after, true
		}
		b = after
	}
}

// tidyPEM puts every marker on a line of its own and removes blanks around lines, so that encoding/pem reads the blocks.
func tidyPEM(b []byte) []byte {
	const dashes = "-----"
	out := make([]byte, 0, len(b)+64)
	for len(b) > 0 {
		at := bytes.Index(b, []byte(dashes))
		if at < 0 {
			break
		}
		out = appendLines(out, b[:at])
		b = b[at:]
		// A marker is -----WORDS-----, on one line; anything else that starts with dashes is text.
		end := bytes.Index(b[len(dashes):], []byte(dashes))
		if end < 0 || bytes.ContainsAny(b[len(dashes):len(dashes)+end], "\r\n") {
			out = append(out, dashes...)
			b = b[len(dashes):]
			continue
		}
		marker := b[:end+2*len(dashes)]
		if len(out) > 0 && out[len(out)-1] != '\n' {
			out = append(out, '\n')
		}
		out = append(append(out, marker...), '\n')
		b = b[len(marker):]
	}
	return appendLines(out, b)
}

func appendLines(out, text []byte) []byte {
	for line := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out = append(append(out, line...), '\n')
		}
	}
	return out
}

// Unarmor returns the binary form of b, which is DER or BER (its first octet is 30, a SEQUENCE), a PEM file, of which the
// first block counts, or bare base64 with or without line breaks and padding. max caps the result, in octets; the text may be
// half as long again. Errors are ErrTooLarge and ErrNotArmored. That the result is whole is for its parser to say.
func Unarmor(b []byte, max int) ([]byte, error) {
	if len(b) > 0 && b[0] == byte(TagSequence) {
		if len(b) > max {
			return nil, ErrTooLarge
		}
		return b, nil
	}
	// Base64 takes four characters for three octets, and two more for each line of 64.
	if len(b) > max+max/2+4096 {
		return nil, ErrTooLarge
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	out, _, _, ok := DecodePEM(b)
	if !ok {
		out, ok = bareBase64(b)
	}
	if !ok || len(out) == 0 || out[0] != byte(TagSequence) {
		return nil, ErrNotArmored
	}
	if len(out) > max {
		return nil, ErrTooLarge
	}
	return out, nil
}

func bareBase64(b []byte) ([]byte, bool) {
	text := make([]byte, 0, len(b))
	for _, c := range b {
		switch c {
		case ' ', '\t', '\r', '\n':
		case '-': // the URL alphabet, as JSON interfaces write it
			text = append(text, '+')
		case '_':
			text = append(text, '/')
		default:
			text = append(text, c)
		}
	}
	for range 2 {
		if len(text) > 0 && text[len(text)-1] == '=' {
			text = text[:len(text)-1]
		}
	}
	n, err := base64.RawStdEncoding.Decode(text, text)
	return text[:n], err == nil
}
