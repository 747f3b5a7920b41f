//go:build js && wasm

// Command senim-wasm is the page's crypto: package web/page/provider for a Worker of the browser.
//
// It sets one global function, senim(op, args) → Promise, and then waits for ever. A promise is rejected with
// {code, args} for what the holder can mend and {code: "internal"} for the rest, whose cause goes to the console: it is
// ours to mend, and it holds no secret.
//
// The Worker is ended (terminate) when its work is done. Only that takes passwords and keys out of memory for good:
// Go's strings can't be zeroed, nor can what the collector has moved.
package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"hash"
	"syscall/js"
	"time"

	_ "github.com/senim-pki/senim/alg/kzgost"
	_ "github.com/senim-pki/senim/alg/rsakey"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/web/page/provider"
)

func main() {
	w := &worker{}
	js.Global().Set("senim", js.FuncOf(w.call))
	select {}
}

// A worker keeps what lives from one call to the next. Calls come one after another: the Worker's script waits.
type worker struct {
	ring     *provider.Ring
	document hash.Hash         // being signed, detached
	digests  *provider.Digests // of the document of a signature being verified
}

func (w *worker) call(_ js.Value, args []js.Value) any {
	op, in := args[0].String(), args[1]
	promise := js.Global().Get("Promise")
	var run js.Func
	run = js.FuncOf(func(_ js.Value, settle []js.Value) any {
		// On a goroutine of its own, since random numbers and long work must not block the event loop's callback.
		go func() {
			defer run.Release()
			out, err := w.do(op, in)
			if err != nil {
				settle[1].Invoke(fault(op, err))
				return
			}
			settle[0].Invoke(out)
		}()
		return nil
	})
	return promise.New(run)
}

func fault(op string, err error) js.Value {
	o := js.Global().Get("Object").New()
	var f *fail.Error
	if errors.As(err, &f) && f.Code != "" {
		args := js.Global().Get("Object").New()
		for name, value := range f.Args {
			args.Set(name, value)
		}
		o.Set("code", f.Code)
		o.Set("args", args)
		return o
	}
	js.Global().Get("console").Call("error", "senim "+op+": "+err.Error())
	o.Set("code", "internal")
	return o
}

var errUnknown = errors.New("unknown operation")

// do runs one operation. A panic is our fault and is reported as one: it must not end the program with the page waiting.
func (w *worker) do(op string, in js.Value) (out js.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = js.Undefined(), fmt.Errorf("panic: %v", p)
		}
	}()
	f, ok := operations[op]
	if !ok {
		return js.Undefined(), errUnknown
	}
	return f(w, in)
}

var errNotOpen = errors.New("no key file is open")

// operations by name. What each takes and gives stands in its function.
var operations = map[string]func(*worker, js.Value) (js.Value, error){
	"check-password": (*worker).checkPassword,
	"kind":           (*worker).kind,
	"make":           (*worker).makeKeys,
	"open":           (*worker).open,
	"requests":       (*worker).requests,
	"choose":         (*worker).choose,
	"install":        (*worker).install,
	"statement":      (*worker).statement,
	"sign":           (*worker).sign,
	"sign-begin":     (*worker).signBegin,
	"sign-add":       (*worker).signAdd,
	"sign-end":       (*worker).signEnd,
	"digest-begin":   (*worker).digestBegin,
	"digest-add":     (*worker).digestAdd,
	"digest-end":     (*worker).digestEnd,
}

// {password} → [{code, args}]
func (w *worker) checkPassword(in js.Value) (js.Value, error) {
	out := array()
	for _, b := range provider.CheckPassword(in.Get("password").String()) {
		args := object()
		for name, value := range b.Args {
			args.Set(name, value)
		}
		o := object()
		o.Set("code", b.Code)
		o.Set("args", args)
		out.Call("push", o)
	}
	return out, nil
}

// {profile} → {kind}: which keys the Worker makes by WebCrypto
func (w *worker) kind(in js.Value) (js.Value, error) {
	kind, err := provider.KindOf(in.Get("profile").String())
	o := object()
	o.Set("kind", kind)
	return o, err
}

// {password, wanted: [{profile, pkcs8?}]} → {container, ids}; pkcs8 is zeroed on both sides
func (w *worker) makeKeys(in js.Value) (js.Value, error) {
	var wanted []provider.Wanted
	list := in.Get("wanted")
	for i := range list.Length() {
		item := list.Index(i)
		x := provider.Wanted{Profile: item.Get("profile").String()}
		if key := item.Get("pkcs8"); key.Truthy() {
			x.PKCS8 = octets(key)
			key.Call("fill", 0)
		}
		wanted = append(wanted, x)
	}
	made, err := provider.Make(rand.Reader, in.Get("password").String(), wanted)
	if err != nil {
		return js.Undefined(), err
	}
	o := object()
	o.Set("container", buffer(made.Container))
	o.Set("ids", texts(made.KeyIDs))
	return o, nil
}

// {container, password} → [key]; the opened file is kept for the next calls
func (w *worker) open(in js.Value) (js.Value, error) {
	if in.Get("container").Get("length").Int() > keyfile.MaxSize {
		return js.Undefined(), fail.New(fail.Invalid, provider.CodeDamaged)
	}
	ring, err := provider.Open(octets(in.Get("container")), in.Get("password").String())
	if err != nil {
		return js.Undefined(), err
	}
	w.ring = ring
	out := array()
	for _, k := range ring.Keys() {
		out.Call("push", keyObject(k))
	}
	return out, nil
}

// {number, profiles, ids} → [request]
func (w *worker) requests(in js.Value) (js.Value, error) {
	if w.ring == nil {
		return js.Undefined(), errNotOpen
	}
	requests, err := w.ring.Requests(rand.Reader, in.Get("number").String(), list(in.Get("profiles")), list(in.Get("ids")))
	if err != nil {
		return js.Undefined(), err
	}
	out := array()
	for _, r := range requests {
		out.Call("push", buffer(r))
	}
	return out, nil
}

// {purpose} → [index]
func (w *worker) choose(in js.Value) (js.Value, error) {
	if w.ring == nil {
		return js.Undefined(), errNotOpen
	}
	indexes, err := w.ring.Choose(provider.Purpose(in.Get("purpose").String()), time.Now())
	out := array()
	for _, i := range indexes {
		out.Call("push", i)
	}
	return out, err
}

// {certificates, password, modern, checked} → [{name, container, key}]; checked: the password is a new one and has to keep the rule
func (w *worker) install(in js.Value) (js.Value, error) {
	if w.ring == nil {
		return js.Undefined(), errNotOpen
	}
	password := in.Get("password").String()
	if in.Get("checked").Truthy() && len(provider.CheckPassword(password)) > 0 {
		return js.Undefined(), fail.New(fail.Invalid, provider.CodePassword)
	}
	form := keyfile.National
	if in.Get("modern").Truthy() {
		form = keyfile.Modern
	}
	files, err := w.ring.Install(rand.Reader, octets(in.Get("certificates")), password, form)
	if err != nil {
		return js.Undefined(), err
	}
	out := array()
	for _, f := range files {
		o := object()
		o.Set("name", f.Name)
		o.Set("container", buffer(f.Container))
		o.Set("key", keyObject(f.Key))
		out.Call("push", o)
	}
	return out, nil
}

// {index, purpose, text} → signature
func (w *worker) statement(in js.Value) (js.Value, error) {
	if w.ring == nil {
		return js.Undefined(), errNotOpen
	}
	b, err := w.ring.SignStatement(rand.Reader, in.Get("index").Int(), provider.Purpose(in.Get("purpose").String()), in.Get("text").String(), time.Now())
	return buffer(b), err
}

// {index, content} → signature, attached
func (w *worker) sign(in js.Value) (js.Value, error) {
	if w.ring == nil {
		return js.Undefined(), errNotOpen
	}
	b, err := w.ring.Sign(rand.Reader, in.Get("index").Int(), octets(in.Get("content")), time.Now())
	return buffer(b), err
}

// {index}: begins a detached signature
func (w *worker) signBegin(in js.Value) (js.Value, error) {
	if w.ring == nil {
		return js.Undefined(), errNotOpen
	}
	var err error
	w.document, err = w.ring.NewDigest(in.Get("index").Int())
	return js.Undefined(), err
}

// {chunk}
func (w *worker) signAdd(in js.Value) (js.Value, error) {
	if w.document == nil {
		return js.Undefined(), errNotOpen
	}
	w.document.Write(octets(in.Get("chunk")))
	return js.Undefined(), nil
}

// {index} → signature, detached
func (w *worker) signEnd(in js.Value) (js.Value, error) {
	if w.document == nil {
		return js.Undefined(), errNotOpen
	}
	b, err := w.ring.SignDigest(rand.Reader, in.Get("index").Int(), w.document.Sum(nil), time.Now())
	w.document = nil
	return buffer(b), err
}

// {signature}: begins to hash the document of a signature
func (w *worker) digestBegin(in js.Value) (js.Value, error) {
	var err error
	w.digests, err = provider.NewDigests(octets(in.Get("signature")))
	return js.Undefined(), err
}

// {chunk}
func (w *worker) digestAdd(in js.Value) (js.Value, error) {
	if w.digests == nil {
		return js.Undefined(), errNotOpen
	}
	w.digests.Write(octets(in.Get("chunk")))
	return js.Undefined(), nil
}

// → {names, values}
func (w *worker) digestEnd(js.Value) (js.Value, error) {
	if w.digests == nil {
		return js.Undefined(), errNotOpen
	}
	names, values := w.digests.Sums()
	w.digests = nil
	o := object()
	o.Set("names", texts(names))
	o.Set("values", texts(values))
	return o, nil
}
