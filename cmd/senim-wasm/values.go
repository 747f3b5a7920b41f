//go:build js && wasm

package main

import (
	"syscall/js"

	"github.com/senim-pki/senim/web/page/provider"
)

func object() js.Value { return js.Global().Get("Object").New() }

func array() js.Value { return js.Global().Get("Array").New() }

func octets(v js.Value) []byte {
	b := make([]byte, v.Get("length").Int())
	js.CopyBytesToGo(b, v)
	return b
}

func buffer(b []byte) js.Value {
	v := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(v, b)
	return v
}

func texts(list []string) js.Value {
	v := array()
	for _, s := range list {
		v.Call("push", s)
	}
	return v
}

// list reads an array of strings; what is absent is empty.
func list(v js.Value) []string {
	if !v.Truthy() {
		return nil
	}
	out := make([]string, v.Length())
	for i := range out {
		out[i] = v.Index(i).String()
	}
	return out
}

func keyObject(k provider.Key) js.Value {
	o := object()
	for name, value := range map[string]any{
		"index": k.Index, "alias": k.Alias, "algorithm": k.Algorithm, "id": k.KeyID, "certified": k.Certified,
		"owner": k.Owner, "iin": k.IIN, "bin": k.BIN, "organisation": k.Organisation,
		"serial": k.Serial, "issuer": k.IssuerKeyID, "notBefore": float64(k.NotBefore), "notAfter": float64(k.NotAfter),
		"authentication": k.Authentication, "signing": k.Signing,
	} {
		o.Set(name, value)
	}
	return o
}
