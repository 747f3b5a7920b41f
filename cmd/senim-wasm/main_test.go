//go:build js && wasm

package main

import (
	"encoding/base64"
	"syscall/js"
	"testing"

	"github.com/senim-pki/senim/internal/testca"
	"github.com/senim-pki/senim/sig/cms"
)

// await is await of JavaScript. What was rejected comes as fault.
func await(t *testing.T, promise js.Value) (out, fault js.Value) {
	t.Helper()
	done := make(chan struct{})
	good := js.FuncOf(func(_ js.Value, v []js.Value) any { out = v[0]; close(done); return nil })
	bad := js.FuncOf(func(_ js.Value, v []js.Value) any { fault = v[0]; close(done); return nil })
	defer good.Release()
	defer bad.Release()
	promise.Call("then", good, bad)
	<-done
	return out, fault
}

func call(t *testing.T, w *worker, op string, in map[string]any) js.Value {
	t.Helper()
	out, fault := await(t, w.call(js.Undefined(), []js.Value{js.ValueOf(op), js.ValueOf(in)}).(js.Value))
	if fault.Truthy() {
		t.Fatalf("%s: %s", op, fault.Get("code"))
	}
	return out
}

func refused(t *testing.T, w *worker, op string, in map[string]any, code string) {
	t.Helper()
	_, fault := await(t, w.call(js.Undefined(), []js.Value{js.ValueOf(op), js.ValueOf(in)}).(js.Value))
	if !fault.Truthy() || fault.Get("code").String() != code {
		t.Errorf("%s: fault %v, want code %s", op, fault, code)
	}
}

// webCryptoKey is an RSA key as the Worker makes it.
func webCryptoKey(t *testing.T) js.Value {
	t.Helper()
	subtle := js.Global().Get("crypto").Get("subtle")
	pair, fault := await(t, subtle.Call("generateKey", map[string]any{
		"name": "RSASSA-PKCS1-v1_5", "modulusLength": 2048, "publicExponent": buffer([]byte{1, 0, 1}), "hash": "SHA-256",
	}, true, []any{"sign", "verify"}))
	if fault.Truthy() {
		t.Fatal(fault)
	}
	exported, fault := await(t, subtle.Call("exportKey", "pkcs8", pair.Get("privateKey")))
	if fault.Truthy() {
		t.Fatal(fault)
	}
	return js.Global().Get("Uint8Array").New(exported)
}

func TestTheModuleMakesInstallsAndSigns(t *testing.T) {
	const password, auth, gost = "qwerty12", "individual-auth-rsa", "individual-sign-gost512"
	w := &worker{}
	if kind := call(t, w, "kind", map[string]any{"profile": auth}).Get("kind").String(); kind != "rsa" {
		t.Fatalf("kind %s", kind)
	}
	rsa := webCryptoKey(t)
	made := call(t, w, "make", map[string]any{"password": password, "wanted": []any{
		map[string]any{"profile": auth, "pkcs8": rsa}, map[string]any{"profile": gost},
	}})
	for i := range rsa.Length() {
		if rsa.Index(i).Int() != 0 {
			t.Fatal("the browser's copy of the key was not zeroed")
		}
	}
	container := made.Get("container")

	w = &worker{} // another Worker
	refused(t, w, "requests", nil, "internal")
	refused(t, w, "no such op", nil, "internal")
	refused(t, w, "open", map[string]any{"container": container, "password": "qwerty13"}, "wrong-password")
	refused(t, w, "open", map[string]any{"container": buffer([]byte("x")), "password": password}, "damaged")
	refused(t, w, "open", map[string]any{}, "internal")
	call(t, w, "open", map[string]any{"container": container, "password": password})
	list := call(t, w, "requests", map[string]any{"number": "4P7K92MX", "profiles": []any{auth, gost}, "ids": made.Get("ids")})
	asked := map[string]string{}
	for i, profile := range []string{auth, gost} {
		asked[profile] = base64.StdEncoding.EncodeToString(octets(list.Index(i)))
	}
	answer := testca.New(t, "p256").Answer(t, testca.Person{Name: "ТЕСТОВ ТЕСТ", IIN: "123456789011"}, asked)

	refused(t, w, "choose", map[string]any{"purpose": "sign"}, "no-certificate")
	refused(t, w, "install", map[string]any{"certificates": buffer([]byte("x")), "password": password}, "certificates")
	refused(t, w, "install", map[string]any{"certificates": buffer(answer), "password": "a", "checked": true}, "password")
	files := call(t, w, "install", map[string]any{"certificates": buffer(answer), "password": password})
	if files.Length() != 2 {
		t.Fatalf("%d files", files.Length())
	}
	document := []byte("документ")
	for i, name := range []string{"AUTH_RSA256_", "GOST512_"} {
		f := files.Index(i)
		if got := f.Get("name").String(); got[:len(name)] != name {
			t.Errorf("file %s", got)
		}
		w := &worker{}
		keys := call(t, w, "open", map[string]any{"container": f.Get("container"), "password": password})
		if owner := keys.Index(0).Get("owner").String(); owner != "ТЕСТОВ ТЕСТ" {
			t.Errorf("owner %s", owner)
		}
		if i == 0 {
			refused(t, w, "choose", map[string]any{"purpose": "sign"}, "sign.authentication-key")
			at := call(t, w, "choose", map[string]any{"purpose": "auth"}).Index(0).Int()
			good(t, call(t, w, "statement", map[string]any{"index": at, "purpose": "auth", "text": string(document)}), nil)
			continue
		}
		at := call(t, w, "choose", map[string]any{"purpose": "sign"}).Index(0).Int()
		good(t, call(t, w, "sign", map[string]any{"index": at, "content": buffer(document)}), nil)
		call(t, w, "sign-begin", map[string]any{"index": at})
		call(t, w, "sign-add", map[string]any{"chunk": buffer(document[:3])})
		call(t, w, "sign-add", map[string]any{"chunk": buffer(document[3:])})
		detached := call(t, w, "sign-end", map[string]any{"index": at})
		good(t, detached, document)
		call(t, w, "digest-begin", map[string]any{"signature": detached})
		call(t, w, "digest-add", map[string]any{"chunk": buffer(document)})
		if sums := call(t, w, "digest-end", nil); sums.Get("names").Length() != 1 || len(sums.Get("values").Index(0).String()) != 128 {
			t.Errorf("digests %v", sums)
		}
	}
}

func good(t *testing.T, signature js.Value, content []byte) {
	t.Helper()
	m, err := cms.Parse(octets(signature))
	if err != nil {
		t.Fatal(err)
	}
	if c := m.Check(0, content, nil); !c.Good() {
		t.Errorf("%+v", c.Findings)
	}
}

func TestThePasswordRuleIsToldPointByPoint(t *testing.T) {
	broken := call(t, &worker{}, "check-password", map[string]any{"password": "ПАРОЛЬ"})
	codes := map[string]string{}
	for i := range broken.Length() {
		codes[broken.Index(i).Get("code").String()] = broken.Index(i).Get("args").Get("character").String()
	}
	if codes["password.forbidden"] != "П" || len(codes) != 3 {
		t.Errorf("%v", codes)
	}
}
