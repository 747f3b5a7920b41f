package browser

import (
	"bytes"
	"cmp"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"slices"
)

// Figure writes a picture for a document: the page without its footer and its empty margins, in few colours so that it is
// small. The window has the given width.
func (p *Tab) Figure(file string, width int) {
	p.t.Helper()
	p.Picture(file, width)
	b, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	whole, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		p.t.Fatal(err)
	}
	p.Width(width)
	var at struct{ Left, Right, Bottom int }
	text := Eval[string](p, `(() => {
		const row = document.querySelector(".page-body").getBoundingClientRect(), main = document.querySelector("main").getBoundingClientRect();
		const foot = document.querySelector(".site-footer").getBoundingClientRect();
		return JSON.stringify({ Left: Math.round(row.left), Right: Math.round(row.right), Bottom: Math.floor(Math.min(main.bottom + 24, foot.top) + scrollY) });
	})()`)
	p.Width(1280)
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		p.t.Fatal(err)
	}
	cut := image.Rect(at.Left, 0, at.Right, at.Bottom).Intersect(whole.Bounds())
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, fewColours(whole, cut)); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// fewColours is a part of a picture in its 256 most frequent colours: grounds and words stay as they are, and the edges of
// letters take the nearest.
func fewColours(whole image.Image, part image.Rectangle) *image.Paletted {
	at := func(x, y int) color.RGBA {
		r, g, b, _ := whole.At(part.Min.X+x, part.Min.Y+y).RGBA()
		return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 0xFF}
	}
	count := map[color.RGBA]int{}
	for y := range part.Dy() {
		for x := range part.Dx() {
			count[at(x, y)]++
		}
	}
	often := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	for _, c := range often[:min(256, len(often))] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	for _, c := range often {
		nearest[c] = uint8(palette.Index(c))
	}
	few := image.NewPaletted(image.Rect(0, 0, part.Dx(), part.Dy()), palette)
	for y := range part.Dy() {
		for x := range part.Dx() {
			few.SetColorIndex(x, y, nearest[at(x, y)])
		}
	}
	return few
}
