package alg

import (
	"bytes"

	"github.com/senim-pki/senim/der"
)

// derNull is a NULL, the parameters that say nothing.
var derNull = []byte{0x05, 0x00}

// Null returns the parameters NULL.
func Null() []byte { return bytes.Clone(derNull) }

// Equal reports whether two identifiers are the same octets.
func (id Identifier) Equal(other Identifier) bool {
	return id.OID == other.OID && (id.Params == nil) == (other.Params == nil) && bytes.Equal(id.Params, other.Params)
}

// Same reports whether two identifiers mean the same: they are Equal, or differ only in that one has NULL and the other
// nothing for parameters.
func (id Identifier) Same(other Identifier) bool {
	return id.Equal(other) || id.OID == other.OID && id.Plain() && other.Plain()
}

// Plain reports whether the parameters are absent or NULL.
func (id Identifier) Plain() bool { return id.Params == nil || bytes.Equal(id.Params, derNull) }

// ReadIdentifier reads an AlgorithmIdentifier. A failure is the reader's.
func ReadIdentifier(r *der.Reader) Identifier {
	var id Identifier
	s := r.Sequence()
	id.OID = s.OID()
	if !s.Empty() {
		id.Params = s.Any().Full
	}
	if s.End() != nil {
		return Identifier{}
	}
	return id
}

// WriteIdentifier writes an AlgorithmIdentifier.
func WriteIdentifier(b *der.Builder, id Identifier) {
	b.Sequence(func(b *der.Builder) {
		b.OID(id.OID)
		b.Raw(id.Params)
	})
}
