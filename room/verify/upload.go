package verify

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"unicode"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
)

// formMemory is how much of an upload is held in memory while it comes, in octets; the rest lies in a temporary file, which is
// removed with the request.
const formMemory = 1 << 20

// maxCarried caps a signature that the page carries on while it asks for the document, in octets: a detached one with its
// certificates has some ten thousand.
const maxCarried = 256 << 10

// An upload is what a form brought.
type upload struct {
	file    []byte
	name    string // of the file, cleaned
	content *multipart.FileHeader
	digests map[string][]byte // by the name of the hash, made in the person's page
}

// errTrap is of a form that a program filled in without reading it.
var errTrap = fail.New(fail.Invalid, "verify.trap")

// read takes the form apart. Its errors of kind Invalid are told on the form.
func read(r *http.Request) (*upload, error) {
	if err := r.ParseMultipartForm(formMemory); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, fail.Wrap(fail.Invalid, "verify.file-missing", err)
	}
	if r.PostForm.Get("homepage") != "" { // a field that no person sees
		return nil, errTrap
	}
	u := &upload{digests: map[string][]byte{}}
	form := r.MultipartForm
	if heads := form.File["file"]; len(heads) > 0 && heads[0].Size > 0 {
		f, err := heads[0].Open()
		if err != nil {
			return nil, fmt.Errorf("couldn't open an upload: %w", err)
		}
		defer f.Close()
		if u.file, err = io.ReadAll(io.LimitReader(f, MaxBody)); err != nil {
			return nil, fmt.Errorf("couldn't read an upload: %w", err)
		}
		u.name = cleanName(heads[0].Filename)
	} else if carried := r.PostForm.Get("signature"); carried != "" && len(carried) <= base64.StdEncoding.EncodedLen(maxCarried) {
		b, err := base64.StdEncoding.DecodeString(carried)
		if err != nil {
			return nil, fail.Wrap(fail.Invalid, "verify.file-missing", err)
		}
		u.file, u.name = b, cleanName(r.PostForm.Get("signature-name"))
	}
	if len(u.file) == 0 {
		return nil, fail.New(fail.Invalid, "verify.file-missing")
	}
	if heads := form.File["content"]; len(heads) > 0 {
		u.content = heads[0]
	}
	for _, h := range alg.Hashes() {
		sum, err := hex.DecodeString(r.PostForm.Get("digest-" + h.Name))
		if err != nil {
			return nil, fail.Wrap(fail.Invalid, "verify.digest", err)
		}
		if len(sum) == h.Size {
			u.digests[h.Name] = sum
		} else if len(sum) > 0 {
			return nil, fail.New(fail.Invalid, "verify.digest")
		}
	}
	return u, nil
}

// given reports whether there is anything about the document besides the signature.
func (u *upload) given() bool { return u.content != nil || len(u.digests) > 0 }

// digest answers the hash of the document: of the uploaded one, read as a stream, else what the page computed.
func (u *upload) digest(name string) []byte {
	if u.content == nil {
		return u.digests[name]
	}
	h := alg.HashByName(name)
	if h == nil {
		return nil
	}
	f, err := u.content.Open()
	if err != nil {
		return nil
	}
	defer f.Close()
	sum := h.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil
	}
	return sum.Sum(nil)
}

// cleanName is the last part of a file's name without what could mislead: control and direction characters, and more than a
// line of it.
func cleanName(s string) string {
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp) || strings.ContainsRune(`"<>|:*?/`, c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(s); len(runes) > 120 {
		s = string(runes[len(runes)-120:])
	}
	if s = strings.Trim(s, " ."); s == "" {
		return "file"
	}
	return s
}

// contentName is the name of the document inside a signature's file: contract.pdf of contract.pdf.p7s.
func contentName(signature string) string {
	for _, ending := range []string{".p7s", ".p7m", ".cms", ".sig", ".pem", ".der"} {
		if bare, ok := strings.CutSuffix(strings.ToLower(signature), ending); ok && bare != "" {
			return signature[:len(signature)-len(ending)]
		}
	}
	return signature + ".content"
}
