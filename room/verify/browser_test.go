package verify_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/senim-pki/senim/internal/browser"
	verifyroom "github.com/senim-pki/senim/room/verify"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/web/page"
)

// write puts a file where a browser can choose it.
func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheDocumentStaysInTheBrowser(t *testing.T) {
	if !page.Built() {
		t.Skip("page: the WebAssembly is not built; run make build")
	}
	b := browser.Start(t)
	w := newWorld(t)
	at := w.serve(func(o *verifyroom.Options) {}).URL()
	// It is larger than what the server takes, so it can't have been sent.
	document := bytes.Repeat([]byte("Договор. "), verifyroom.MaxBody/15+1)
	signature := w.gost().SignAs(t, document, cms.Options{Detached: true, SigningTime: w.Clock.Now()})
	tab := b.Tab(t)
	tab.Open(at + "/verify")
	tab.Lang(at, "ru")
	tab.Open(at + "/verify")
	tab.Choose("#file", write(t, "contract.txt.p7s", signature))
	tab.Click("#verify")
	tab.Wait(`!!document.querySelector("#ask")`)
	// The signature was carried on: only the document is chosen.
	tab.Wait(`document.querySelector("#file").files.length === 1`)
	tab.Choose("#content", write(t, "contract.txt", document))
	tab.Click("#verify")
	tab.Wait(`!!document.querySelector("#verdict")`)
	if got := tab.Text("#verdict"); !strings.HasSuffix(got, "действителен") || !strings.Contains(tab.Text("main"), "Сам документ не передавался") {
		t.Errorf("the verdict is %q: %s", got, tab.Text("main"))
	}
	if c := tab.Complaints(); len(c) > 0 {
		t.Error(c)
	}
}
