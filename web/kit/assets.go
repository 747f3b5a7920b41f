package kit

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// assets are all static files under one address that changes when any of them does: modules import each other, the
// worker and the wasm by relative addresses, so they must stay together.
type assets struct {
	hash  string
	files map[string]*asset
}

// asset is one file as it lies in its folder, with the packed variants found beside it.
type asset struct {
	dir          fs.FS
	name         string // in dir
	plain        bool   // name itself exists
	br, gz       bool   // name.br, name.gz exist
	contentType  string
	etag         string
	packOnce     sync.Once
	packed       []byte // gzip made here for a small text that has no variant; nil when that gains nothing
	packableHere bool
}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".wasm": "application/wasm",
	".json": "application/json", ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json",
	".map": "application/json", ".woff2": "font/woff2",
}

func newAssets(extra map[string]fs.FS) (*assets, error) {
	own, err := fs.Sub(files, "assets")
	if err != nil {
		return nil, fmt.Errorf("couldn't open the kit's assets: %w", err)
	}
	a := &assets{files: map[string]*asset{}}
	if err := a.add("", own); err != nil {
		return nil, err
	}
	for prefix, dir := range extra {
		if prefix == "" || strings.ContainsAny(prefix, "/.\\") {
			return nil, fmt.Errorf("couldn't add assets: %q is no folder name", prefix)
		}
		if err := a.add(prefix+"/", dir); err != nil {
			return nil, err
		}
	}
	names := make([]string, 0, len(a.files))
	for name := range a.files {
		names = append(names, name)
	}
	sort.Strings(names)
	all := sha256.New()
	for _, name := range names {
		f := a.files[name]
		sum := sha256.New()
		src, err := f.dir.Open(f.stored())
		if err != nil {
			return nil, fmt.Errorf("couldn't read asset %s: %w", name, err)
		}
		_, err = io.Copy(sum, src)
		src.Close()
		if err != nil {
			return nil, fmt.Errorf("couldn't read asset %s: %w", name, err)
		}
		s := sum.Sum(nil)
		f.etag = base64.RawURLEncoding.EncodeToString(s[:12])
		fmt.Fprintf(all, "%s\n", name)
		all.Write(s)
	}
	a.hash = base64.RawURLEncoding.EncodeToString(all.Sum(nil)[:9])
	return a, nil
}

// add takes every servable file of dir; one whose ending is unknown is left out, since its type would be a guess.
func (a *assets) add(prefix string, dir fs.FS) error {
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		base, variant := name, ""
		if e := path.Ext(name); e == ".br" || e == ".gz" {
			base, variant = strings.TrimSuffix(name, e), e
		}
		ct, ok := contentTypes[path.Ext(base)]
		if !ok || strings.HasPrefix(path.Base(base), ".") {
			return nil
		}
		f := a.files[prefix+base]
		if f == nil {
			f = &asset{dir: dir, name: base, contentType: ct}
			f.packableHere = strings.HasPrefix(ct, "text/") || strings.Contains(ct, "svg") || strings.Contains(ct, "json")
			a.files[prefix+base] = f
		}
		switch variant {
		case ".br":
			f.br = true
		case ".gz":
			f.gz = true
		default:
			f.plain = true
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("couldn't list assets %q: %w", prefix, err)
	}
	return nil
}

// stored is the file that surely exists.
func (f *asset) stored() string {
	switch {
	case f.plain:
		return f.name
	case f.br:
		return f.name + ".br"
	}
	return f.name + ".gz"
}

// url is the address of an asset; an unknown name is an error, so that a page never asks for what is not there.
func (a *assets) url(name string) (string, error) {
	if a.files[name] == nil {
		return "", fmt.Errorf("no asset %q", name)
	}
	return "/assets/" + a.hash + "/" + name, nil
}

// HasAsset reports whether the file exists in this build: "page/senim.wasm" is absent when the wasm was not built.
func (k *Kit) HasAsset(name string) bool { return k.assets.files[name] != nil }

// AssetURL is the address of an asset of this build; empty when there is none.
func (k *Kit) AssetURL(name string) string {
	u, err := k.assets.url(name)
	if err != nil {
		return ""
	}
	return u
}

// Assets serves /assets/…. Under the address of this build a file never changes and is kept for a year; under the
// address of another build, as a page loaded before an upgrade still asks, the present file is served and asked for anew
// each time. Files lie packed (.br, .gz) beside or instead of the plain one; whoever takes no packed form gets it unpacked.
func (k *Kit) Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/assets/"), "/")
		f := k.assets.files[name]
		if f == nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.contentType)
		h.Set("X-Content-Type-Options", "nosniff")
		// A Worker has the policy that its own script came with, not its page's, and the crypto runs in one (CSP level 3,
		// section 4.2.2). For a script that a page loads this header says nothing.
		h.Set("Content-Security-Policy", policy(strings.HasPrefix(f.contentType, "text/javascript"), k.o.Secure))
		h.Add("Vary", "Accept-Encoding")
		h.Set("Cache-Control", "no-cache")
		if hash == k.assets.hash {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		f.serve(w, r)
	})
}

func (f *asset) serve(w http.ResponseWriter, r *http.Request) {
	encoding := f.choose(r.Header.Get("Accept-Encoding"))
	h := w.Header()
	etag := `"` + f.etag + encoding + `"`
	h.Set("ETag", etag)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	var src io.Reader
	size := int64(-1)
	switch {
	case encoding == "gzip" && !f.gz:
		src, size = bytes.NewReader(f.packed), int64(len(f.packed))
	default:
		name := f.stored()
		switch encoding {
		case "br":
			name = f.name + ".br"
		case "gzip":
			name = f.name + ".gz"
		}
		file, err := f.dir.Open(name)
		if err != nil {
			http.Error(w, "not readable", http.StatusInternalServerError)
			return
		}
		defer file.Close()
		src = file
		switch {
		case encoding == "" && !f.plain && f.br:
			src = brotli.NewReader(file)
		case encoding == "" && !f.plain:
			if src, err = gzip.NewReader(file); err != nil {
				http.Error(w, "not readable", http.StatusInternalServerError)
				return
			}
		default:
			if info, err := file.Stat(); err == nil {
				size = info.Size()
			}
		}
	}
	if size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(size, 10))
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		io.Copy(w, src) // the reader may have gone: nothing to do about it
	}
}

// choose picks the best packing that exists and is accepted (RFC 9110, 12.5.3); "" is none.
func (f *asset) choose(accept string) string {
	if f.br && accepts(accept, "br") {
		return "br"
	}
	if !accepts(accept, "gzip") {
		return ""
	}
	if f.gz {
		return "gzip"
	}
	if f.packableHere && f.plain {
		f.packOnce.Do(f.pack)
		if f.packed != nil {
			return "gzip"
		}
	}
	return ""
}

func (f *asset) pack() {
	plain, err := fs.ReadFile(f.dir, f.name)
	if err != nil || len(plain) < 1000 { // a packet holds it anyway
		return
	}
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if _, err := z.Write(plain); err != nil {
		return
	}
	if err := z.Close(); err != nil || out.Len() >= len(plain) {
		return
	}
	f.packed = out.Bytes()
}

func accepts(header, coding string) bool {
	if len(header) > 500 { // no browser's
		return false
	}
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !found {
			return true
		}
		v, err := strconv.ParseFloat(q, 64)
		return err == nil && v > 0
	}
	return false
}
