package cert

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/oid"
)

// SerialHex returns the serial number in upper-case hexadecimal digits of its contents octets, without a leading 00 that only keeps it
// positive: "6C425659BD2FC6DC587B871AEDE1857727CF8451".
func (c *Certificate) SerialHex() string { return SerialHex(c.Serial) }

// SerialHex is the same for INTEGER contents from anywhere. A negative number keeps its octets and its minus is not shown.
func SerialHex(contents []byte) string {
	if len(contents) > 1 && contents[0] == 0 {
		contents = contents[1:]
	}
	return strings.ToUpper(hex.EncodeToString(contents))
}

// OddSerial reports whether the serial number is zero, negative or longer than 20 octets, which RFC 5280 section 4.1.2.2 forbids
// to issue and tells to tolerate.
func (c *Certificate) OddSerial() bool {
	zero := len(c.Serial) == 0 || len(c.Serial) == 1 && c.Serial[0] == 0
	return zero || c.Serial[0]&0x80 != 0 || len(c.Serial) > 20
}

// CommonName returns the subject's common name.
func (c *Certificate) CommonName() string { return c.Subject.Get(oid.CommonName) }

// IIN returns the twelve digits of the holder's individual number, "" when there is none or several that differ: serialNumber is
// "IIN" and the number (facts/kz-pki.md section 5). The check digit is not looked at, as test certificates fail it.
func (c *Certificate) IIN() string { return c.Subject.IIN() }

// BIN returns the twelve digits of the organisation's number, "" when there is none or several that differ: OU is "BIN" and the number; in
// serialNumber it is tolerated.
func (c *Certificate) BIN() string { return c.Subject.BIN() }

// IIN is Certificate.IIN for a name.
func (n Name) IIN() string { return n.numbered("IIN", oid.SerialNumber) }

// BIN is Certificate.BIN for a name.
func (n Name) BIN() string { return n.numbered("BIN", oid.OrganizationalUnit, oid.SerialNumber) }

// HasPurpose reports whether extendedKeyUsage names the purpose.
func (c *Certificate) HasPurpose(id oid.OID) bool { return slices.Contains(c.ExtKeyUsage, id) }

// services are the purposes of RFC 5280 section 4.2.1.12 that are not documents.
var services = []oid.OID{oid.EKUServerAuth, oid.EKUClientAuth, oid.EKUCodeSigning, oid.EKUTimeStamping, oid.EKUOCSPSigning}

// IsSigning reports whether the certificate is for documents: emailProtection, or nonRepudiation where, as for information
// systems, there is no emailProtection (facts/kz-pki.md section 2.4) and no purpose says that the key is for something else: a
// time-stamp authority's key has nonRepudiation, too, and signs whatever strangers send it.
func (c *Certificate) IsSigning() bool {
	return c.HasPurpose(oid.EKUEmailProtection) || c.KeyUsage&NonRepudiation != 0 && !slices.ContainsFunc(services, c.HasPurpose)
}

// IsAuthentication reports whether the certificate is for signing in: clientAuth. Outside Kazakhstan one certificate may be both.
func (c *Certificate) IsAuthentication() bool { return c.HasPurpose(oid.EKUClientAuth) }

// IsCA reports whether basicConstraints says so.
func (c *Certificate) IsCA() bool { return c.BasicConstraints != nil && c.BasicConstraints.CA }

// SelfIssued reports whether issuer and subject are the same name. The signature may still be another key's.
func (c *Certificate) SelfIssued() bool { return EqualName(c.RawIssuer, c.RawSubject) }

// Fingerprint returns the SHA-256 of the whole certificate.
func (c *Certificate) Fingerprint() [32]byte { return sha256.Sum256(c.Raw) }

// KeyID returns the key identifier of RFC 5280 section 4.2.1.2: SHA-1 of the BIT STRING content.
func KeyID(key *alg.PublicKey) []byte {
	sum := sha1.Sum(key.Bits)
	return sum[:]
}

// KeyIDOfSPKI returns the key identifier of Kazakhstan's user certificates of 2018 to 2022: SHA-1 of the whole SubjectPublicKeyInfo.
func KeyIDOfSPKI(spki []byte) []byte {
	sum := sha1.Sum(spki)
	return sum[:]
}
