package audit

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// unchecked accepts every signature, so that the fuzzer reaches the text.
type unchecked struct{ note.Verifier }

func (unchecked) Verify(_, _ []byte) bool { return true }

func FuzzCheckpoint(f *testing.F) {
	skey, vkey, err := note.GenerateKey(rand.Reader, "senim.test")
	if err != nil {
		f.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		f.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		f.Fatal(err)
	}
	h := head{size: 12345, root: [32]byte{1, 2, 3}, time: time.Date(2026, 11, 22, 9, 8, 31, 123456000, time.UTC)}
	for _, text := range []string{
		h.text("senim.test"), "senim.test\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ntime 2026-11-22T09:08:31Z\n",
		"senim.test\n-1\n\ntime \n", "senim.test\n01\nAAAA\nTime x\n", "other\n1\n", "senim.test\n9223372036854775808\nAAAA\ntime x\nmore\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			return // not a text that a note may have
		}
		got, err := openCheckpoint(signed, unchecked{v})
		if err != nil {
			return
		}
		again, err := note.Sign(&note.Note{Text: got.text("senim.test")}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := openCheckpoint(again, v); err != nil || back.size != got.size || back.root != got.root || !back.time.Equal(got.time) {
			t.Errorf("%q is read as %+v and then as %+v: %v", text, got, back, err)
		}
	})
}

func FuzzExported(f *testing.F) {
	f.Add([]byte("a\n---\nb\n---\n"), []byte("b\n"))
	f.Add([]byte("---\n---\n"), []byte(nil))
	f.Add([]byte("a\n--"), []byte("x"))
	f.Fuzz(func(t *testing.T, history, newest []byte) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{historyFile: history, newestFile: newest} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Exported(dir); err != nil {
			t.Fatal(err)
		}
		if err := export(dir, []byte("last\n")); err != nil {
			return // a damaged history is not written to
		}
		all, err := Exported(dir)
		if err != nil || len(all) < 2 || string(all[len(all)-1]) != "last\n" || string(all[len(all)-2]) != "last\n" {
			t.Errorf("after %q the last are %q: %v", history, all, err)
		}
	})
}
