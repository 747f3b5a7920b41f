package der

import "fmt"

// Limits bound what Normalize takes. A zero field means the default.
type Limits struct {
	Depth int // how deep elements may nest; default 40: a signed message with certificates needs under 20
	Size  int // octets of input, at most 1 GiB; default 64 MiB, an attached document of the size people still send around
}

const (
	defaultDepth = 40
	defaultSize  = 64 << 20
	maxSize      = 1 << 30 // so that lengths fit 32 bits
)

// Normalize turns one BER element into DER form:
//
//   - lengths, indefinite or longer than needed, become definite and shortest;
//   - character, octet and bit strings and times in pieces (constructed) become whole (primitive).
//
// All else stays as it is, for a signature may depend on it: contents octets of primitive elements (a BOOLEAN of 01, an
// INTEGER with needless zeros; Reader refuses those later), the order of a SET OF, default values that are written out,
// and elements with a context tag, which may be explicit tags or strings in pieces (Reader.ImplicitOctetString knows). What is
// inside a primitive OCTET STRING is not touched either: normalise the contents where they are known to be BER.
//
// Octets after the element are an error; no file of testdata/kz has any but the end-of-contents octets that are part of
// its element. When ber already is in the form, ber itself is returned, otherwise a copy. Time and memory are proportional to the input.
func Normalize(ber []byte, lim Limits) ([]byte, error) {
	if lim.Depth <= 0 {
		lim.Depth = defaultDepth
	}
	if lim.Size <= 0 {
		lim.Size = defaultSize
	}
	lim.Size = min(lim.Size, maxSize)
	if len(ber) > lim.Size {
		return nil, fmt.Errorf("couldn't normalise BER: %w", ErrTooLarge)
	}
	// Two walks of the same shape. The first finds the length that each constructed element will have and notes them in the
	// order of their headers; the second writes. So no octet is moved twice, however deep it lies.
	n := normalizer{in: ber, depth: lim.Depth}
	next, _, err := n.measure(0, len(ber), lim.Depth)
	if err == nil && next != len(ber) {
		err = fmt.Errorf("%w: %d octets after the element", ErrMalformed, len(ber)-next)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't normalise BER: %w", err)
	}
	if !n.changed {
		return ber, nil
	}
	n.write(0, len(ber))
	return n.out, nil
}

type normalizer struct {
	in      []byte
	depth   int
	lengths []uint32 // contents lengths to write, of constructed elements and of strings in pieces, in the order of headers
	changed bool
	out     []byte
}

// head is a BER header at an offset of the input.
type head struct {
	tag        Tag
	contents   int // offset of the first contents octet
	end        int // offset after the contents; the limit it was read under when indefinite
	indefinite bool
	minimal    bool
}

func (n *normalizer) fault(at int, format string, args ...any) error {
	return fmt.Errorf("%w at octet %d: %s", ErrMalformed, at, fmt.Sprintf(format, args...))
}

// head reads the header at offset i; the element must end by limit.
func (n *normalizer) head(i, limit int) (head, error) {
	if limit-i < 2 {
		return head{}, n.fault(i, "header is cut off")
	}
	h := head{tag: Tag(n.in[i]), contents: i + 2, minimal: true}
	if h.tag == 0 {
		return head{}, n.fault(i, "end-of-contents outside an indefinite length")
	}
	if h.tag&0x1f == 0x1f {
		return head{}, n.fault(i, "tag number over 30")
	}
	first := n.in[i+1]
	length := int(first)
	switch {
	case first == 0x80:
		if h.tag&constructed == 0 {
			return head{}, n.fault(i, "indefinite length of a primitive element")
		}
		h.indefinite, h.minimal, h.end = true, false, limit
		return h, nil
	case first == 0xff:
		return head{}, n.fault(i, "reserved length octet FF")
	case first > 0x80:
		count := int(first & 0x7f)
		if limit-h.contents < count {
			return head{}, n.fault(i, "length is cut off")
		}
		length = 0
		for _, b := range n.in[h.contents : h.contents+count] {
			// Before the shift, so that the number stays within 32 bits where an int has no more.
			if length > len(n.in)>>8 {
				return head{}, n.fault(i, "length over the input")
			}
			length = length<<8 | int(b)
		}
		h.minimal = length >= 0x80 && n.in[h.contents] != 0
		h.contents += count
	}
	if length > limit-h.contents {
		return head{}, n.fault(i, "%s of %d octets, %d are there", tagName(h.tag), length, limit-h.contents)
	}
	h.end = h.contents + length
	return h, nil
}

// more reports whether an element of h is left at offset i, and otherwise the offset after h.
func (n *normalizer) more(h head, i int) (more bool, next int, err error) {
	if !h.indefinite {
		return i < h.end, h.end, nil
	}
	if h.end-i < 2 {
		return false, 0, n.fault(i, "indefinite length without an end")
	}
	if n.in[i] == 0 && n.in[i+1] == 0 {
		return false, i + 2, nil
	}
	return true, 0, nil
}

// measure walks the element at offset i and returns the offset after it and its size in DER.
func (n *normalizer) measure(i, limit, depth int) (next, size int, err error) {
	h, err := n.head(i, limit)
	if err != nil {
		return 0, 0, err
	}
	if depth == 0 {
		return 0, 0, n.fault(i, "nested deeper than %d", n.depth)
	}
	n.changed = n.changed || !h.minimal
	if h.tag&constructed == 0 {
		if h.tag == TagSequence&^constructed || h.tag == TagSet&^constructed {
			return 0, 0, n.fault(i, "primitive SEQUENCE or SET")
		}
		return h.end, sizeOf(h.end - h.contents), nil
	}
	slot := len(n.lengths)
	n.lengths = append(n.lengths, 0)
	total := 0
	switch {
	case stringType(h.tag):
		n.changed = true
		p := pieces{of: h.tag &^ constructed}
		if next, err = n.collect(&p, h, depth, nil); err != nil {
			return 0, 0, err
		}
		total = p.size
		if p.of == TagBitString {
			total++ // the count of unused bits
		}
	case h.tag>>6 == 0 && h.tag != TagSequence && h.tag != TagSet:
		return 0, 0, n.fault(i, "constructed %s", tagName(h.tag&^constructed))
	default:
		at := h.contents
		for {
			var more bool
			if more, next, err = n.more(h, at); err != nil {
				return 0, 0, err
			}
			if !more {
				break
			}
			var s int
			if at, s, err = n.measure(at, h.end, depth-1); err != nil {
				return 0, 0, err
			}
			total += s
		}
	}
	n.lengths[slot] = uint32(total)
	return next, sizeOf(total), nil
}

// write writes the element at offset i, which measure has seen, and returns the offset after it.
// Errors cannot happen any more: each would have ended measure.
func (n *normalizer) write(i, limit int) (next int) {
	if n.out == nil {
		n.out = make([]byte, 0, len(n.in)+8)
	}
	h, _ := n.head(i, limit)
	if h.tag&constructed == 0 {
		n.header(h.tag, h.end-h.contents)
		n.out = append(n.out, n.in[h.contents:h.end]...)
		return h.end
	}
	length := int(n.lengths[0])
	n.lengths = n.lengths[1:]
	if stringType(h.tag) {
		p := pieces{of: h.tag &^ constructed}
		n.header(p.of, length)
		at := len(n.out)
		if p.of == TagBitString {
			n.out = append(n.out, 0)
		}
		next, _ = n.collect(&p, h, n.depth, func(b []byte) { n.out = append(n.out, b...) })
		if p.of == TagBitString {
			n.out[at] = p.unused
		}
		return next
	}
	n.header(h.tag, length)
	at := h.contents
	for {
		more, next, _ := n.more(h, at)
		if !more {
			return next
		}
		at = n.write(at, h.end)
	}
}

// pieces is a string in pieces.
type pieces struct {
	of     Tag
	size   int  // octets so far, without counts of unused bits
	unused byte // bits not used in the last piece of a BIT STRING
}

// collect walks the pieces of the string whose header is h, hands each to take if it is not nil, and returns the offset after the string.
func (n *normalizer) collect(p *pieces, h head, depth int, take func([]byte)) (next int, err error) {
	at := h.contents
	for {
		more, next, err := n.more(h, at)
		if err != nil || !more {
			return next, err
		}
		piece, err := n.head(at, h.end)
		if err != nil {
			return 0, err
		}
		// Pieces of a character string are OCTET STRINGs by X.690 section 8.23.6 and its examples, or of its own type as some programs write.
		if t := piece.tag &^ constructed; t != p.of && (t != TagOctetString || p.of == TagBitString) {
			return 0, n.fault(at, "%s among the pieces of a %s", tagName(t), tagName(p.of))
		}
		if piece.tag&constructed != 0 {
			if depth <= 1 {
				return 0, n.fault(at, "nested deeper than %d", n.depth)
			}
			if at, err = n.collect(p, piece, depth-1, take); err != nil {
				return 0, err
			}
			continue
		}
		b := n.in[piece.contents:piece.end]
		if p.of == TagBitString {
			if p.unused != 0 {
				return 0, n.fault(at, "a piece of a BIT STRING after one that is not whole octets")
			}
			if len(b) == 0 || b[0] > 7 || len(b) == 1 && b[0] != 0 {
				return 0, n.fault(at, "wrong count of unused bits")
			}
			p.unused = b[0]
			b = b[1:]
		}
		p.size += len(b)
		if take != nil {
			take(b)
		}
		at = piece.end
	}
}

// stringType reports whether tag is the constructed form of a type that BER lets be in pieces.
func stringType(tag Tag) bool {
	switch tag &^ constructed {
	case TagBitString, TagOctetString, TagUTF8String, TagNumericString, TagPrintableString, TagT61String, TagIA5String, TagUTCTime, TagGeneralizedTime,
		TagVisibleString, TagGeneralString, TagUniversalString, TagBMPString, Tag(7), Tag(21), Tag(25): // ObjectDescriptor, VideotexString, GraphicString
		return tag&constructed != 0
	}
	return false
}

// sizeOf is the size of a DER element with a contents of length octets.
func sizeOf(length int) int {
	size := 2 + length
	if length >= 0x80 {
		for l := length; l > 0; l >>= 8 {
			size++
		}
	}
	return size
}

func (n *normalizer) header(tag Tag, length int) {
	n.out = append(n.out, byte(tag))
	if length < 0x80 {
		n.out = append(n.out, byte(length))
		return
	}
	octets := sizeOf(length) - 2 - length
	n.out = append(n.out, 0x80|byte(octets))
	for i := octets - 1; i >= 0; i-- {
		n.out = append(n.out, byte(length>>(8*i)))
	}
}
