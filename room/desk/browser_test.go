package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/internal/browser"
	"github.com/senim-pki/senim/internal/testroom"
	"github.com/senim-pki/senim/web/page"
)

// atTheDesk opens a real browser in which the operator has signed in with his key file.
func atTheDesk(t *testing.T) (*place, *browser.Tab) {
	t.Helper()
	if !page.Built() {
		t.Skip("page: the WebAssembly is not built; run make build")
	}
	b := browser.Start(t)
	p := placeIn(t, testroom.NewAt(t, clock.System().Now().Truncate(time.Second)))
	tab := b.Tab(t)
	tab.Open(p.server.URL + "/desk/login")
	tab.Lang(p.server.URL, "ru")
	tab.Open(p.server.URL + "/desk/login")
	tab.Choose("#statement-file", p.op.KeyFile(t, t.TempDir()))
	tab.Click("#statement-keep")
	tab.Fill("#statement-password", testroom.KeyPassword)
	tab.Fill("#totp", p.op.TOTP.Code(p.Clock.Now()))
	tab.Click("main button[type=submit].button")
	tab.Wait(`location.pathname === "/desk"`)
	return p, tab
}

// press is Alt and a key, told by its place as under any layout.
func press(tab *browser.Tab, code, sign string) {
	tab.Wait(`document.readyState === "complete" && !document.querySelector("[data-desk-keys]").hidden`)
	browser.Eval[bool](tab, `document.dispatchEvent(new KeyboardEvent("keydown", {code: "`+code+`", key: "`+sign+`", altKey: true, bubbles: true, cancelable: true})), true`)
}

func TestAnOperatorWorksByKeys(t *testing.T) {
	p, tab := atTheDesk(t)
	p.Register(testroom.PersonIIN, "ИБРАЕВА", "ӘЙГЕРІМ", "СЕРІКҚЫЗЫ")
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	p.Clock.Advance(time.Second)
	p.Apply(testroom.OperatorIIN2, "another", nil)

	tab.Reload()
	if line := tab.Text("[data-desk-keys]"); !strings.Contains(line, "Alt+S") || !strings.Contains(line, "следующая строка") {
		t.Errorf("the line of keys says %q", line)
	}
	press(tab, "KeyJ", "о") // as a Russian layout names the key
	if at := browser.Eval[string](tab, `document.activeElement.getAttribute("href") ?? ""`); at != "/desk/applications/"+number {
		t.Fatalf("the first line is %q", at)
	}
	browser.Eval[bool](tab, `document.activeElement.click(), true`)
	tab.WaitURL("/desk/applications/" + number)
	press(tab, "KeyY", "н")
	tab.Wait(`!!document.querySelector("#document-error")`) // nothing was ticked
	tab.Click("#document")
	tab.Click("#photo")
	press(tab, "KeyY", "н")
	tab.WaitURL("/decision")
	tab.Wait(`!!document.querySelector("#statement-password")`)
	tab.Fill("#statement-password", "Wrong123")
	tab.Click("#sign-decision")
	tab.WaitState("#page-statement", "error")
	tab.Fill("#statement-password", testroom.KeyPassword) // the file is kept for the tab
	tab.Click("#sign-decision")
	tab.WaitURL("decided=yes")
	if p.State(number) != application.Signing {
		t.Errorf("the application is %s", p.State(number))
	}
	press(tab, "KeyW", "ц")
	tab.Wait(`location.pathname === "/desk"`)
	press(tab, "KeyS", "ы")
	tab.WaitURL("/desk/search")
	for _, c := range tab.Complaints() {
		if !strings.Contains(c, "422") {
			t.Error(c)
		}
	}
}
