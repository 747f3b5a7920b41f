package cert_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"math/big"
	"os"
	"slices"
	"testing"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// FuzzParseAgreesWithTheStandardLibrary looks for a certificate that two readers read differently: who forges one shows each
// what it wants to see. crypto/x509 refuses much that is read here, and the other way round; what both read has to be the same.
func FuzzParseAgreesWithTheStandardLibrary(f *testing.F) {
	for _, file := range slices.Concat(testdata.Glob(f, "pkits", "certs", "*.crt"), testdata.Glob(f, "kz", "cert", "*"), testdata.Glob(f, "kz", "ca", "*", "*")) {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if list, err := cert.ParsePEM(b); err == nil {
			f.Add(list[0].Raw)
		}
	}
	f.Fuzz(agree)
}

// FuzzExtensionsAgreeWithTheStandardLibrary is the same, aimed at the value of one extension.
func FuzzExtensionsAgreeWithTheStandardLibrary(f *testing.F) {
	s := alg.SchemeByName("p256-sha256")
	_, pub := key(f, s)
	known := []oid.OID{oid.ExtBasicConstraints, oid.ExtKeyUsage, oid.ExtExtKeyUsage, oid.ExtSubjectKeyID, oid.ExtAuthorityKeyID,
		oid.ExtAuthorityInfoAccess, oid.ExtCRLDistributionPoints, oid.ExtCertificatePolicies, oid.ExtSubjectAltName}
	for _, file := range slices.Concat(testdata.Glob(f, "pkits", "certs", "*.crt"), testdata.Glob(f, "kz", "cert", "*")) {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		list, err := cert.ParsePEM(b)
		if err != nil {
			continue
		}
		for _, e := range list[0].Extensions {
			if i := slices.Index(known, e.OID); i >= 0 {
				f.Add(uint8(i), e.Value)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, value []byte) {
		x := tbs(t, s, pub)
		x.Extensions = []cert.Extension{{OID: known[int(which)%len(known)], Value: append([]byte{}, value...)}}
		signed, err := x.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		b, err := cert.Assemble(signed, s, []byte{0x30, 6, 2, 1, 1, 2, 1, 1})
		if err != nil {
			t.Fatal(err)
		}
		agree(t, b)
	})
}

// agree reports every field that both readers read, and read differently.
func agree(t *testing.T, b []byte) {
	ours, err := cert.Parse(b)
	if err != nil {
		return
	}
	theirs, err := x509.ParseCertificate(b)
	if err != nil {
		return
	}
	same := func(what string, a, b any) {
		t.Helper()
		if x, y := fmt.Sprint(a), fmt.Sprint(b); x != y {
			t.Errorf("%s: %s here, %s there", what, x, y)
		}
	}
	octets := func(what string, a, b []byte) {
		t.Helper()
		if !bytes.Equal(a, b) {
			t.Errorf("%s: %x here, %x there", what, a, b)
		}
	}
	octets("to-be-signed", ours.RawTBS, theirs.RawTBSCertificate)
	octets("issuer", ours.RawIssuer, theirs.RawIssuer)
	octets("subject", ours.RawSubject, theirs.RawSubject)
	octets("key", ours.RawSPKI, theirs.RawSubjectPublicKeyInfo)
	if k, ok := theirs.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); ok && ours.PublicKey != nil && !k.Equal(ours.PublicKey.Key) {
		t.Error("another key")
	}
	octets("signature", ours.Signature, theirs.Signature)
	same("version", ours.Version, theirs.Version)
	same("serial number", number(ours.Serial), theirs.SerialNumber)
	same("begin", ours.NotBefore, theirs.NotBefore)
	same("end", ours.NotAfter, theirs.NotAfter)
	same("extensions", len(ours.Extensions), len(theirs.Extensions))
	for i, e := range ours.Extensions {
		same("extension", e.OID, theirs.Extensions[i].Id)
		same("critical", e.Critical, theirs.Extensions[i].Critical)
		octets("value", e.Value, theirs.Extensions[i].Value)
	}
	// What is malformed here is refused by package path where it matters.
	good := func(id oid.OID) bool { return !slices.Contains(ours.Malformed, id) }
	if good(oid.ExtBasicConstraints) {
		same("authority", ours.IsCA(), theirs.IsCA)
		if theirs.IsCA {
			same("path length", ours.BasicConstraints.MaxPath, theirs.MaxPathLen)
		}
	}
	if good(oid.ExtKeyUsage) {
		same("key usage", int(ours.KeyUsage), int(theirs.KeyUsage))
	}
	if good(oid.ExtExtKeyUsage) {
		same("purposes", len(ours.ExtKeyUsage), len(theirs.ExtKeyUsage)+len(theirs.UnknownExtKeyUsage))
		for _, p := range theirs.UnknownExtKeyUsage {
			same("purpose "+p.String(), ours.HasPurpose(oid.OID(p.String())), true)
		}
		same("for e-mail", ours.HasPurpose(oid.EKUEmailProtection), slices.Contains(theirs.ExtKeyUsage, x509.ExtKeyUsageEmailProtection))
		same("for signing in", ours.HasPurpose(oid.EKUClientAuth), slices.Contains(theirs.ExtKeyUsage, x509.ExtKeyUsageClientAuth))
		same("for OCSP", ours.HasPurpose(oid.EKUOCSPSigning), slices.Contains(theirs.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning))
		same("for time stamps", ours.HasPurpose(oid.EKUTimeStamping), slices.Contains(theirs.ExtKeyUsage, x509.ExtKeyUsageTimeStamping))
	}
	if good(oid.ExtSubjectKeyID) {
		octets("key identifier", ours.SubjectKeyID, theirs.SubjectKeyId)
	}
	if good(oid.ExtAuthorityKeyID) {
		octets("issuer's key identifier", ours.AuthorityKeyID.KeyID, theirs.AuthorityKeyId)
	}
	if good(oid.ExtAuthorityInfoAccess) {
		same("OCSP", ours.OCSPURLs, theirs.OCSPServer)
		same("issuer's certificate", ours.CAIssuersURLs, theirs.IssuingCertificateURL)
	}
	if good(oid.ExtCRLDistributionPoints) {
		same("CRL", ours.CRLURLs, theirs.CRLDistributionPoints)
	}
	if good(oid.ExtCertificatePolicies) {
		same("policies", len(ours.Policies), len(theirs.Policies))
		for i := range min(len(ours.Policies), len(theirs.Policies)) {
			same("policy", ours.Policies[i].OID, theirs.Policies[i])
		}
	}
	if good(oid.ExtSubjectAltName) {
		of := func(kind int) (out []string) {
			for _, n := range ours.SubjectAltNames {
				if n.Kind == kind {
					out = append(out, n.Value)
				}
			}
			return out
		}
		same("DNS names", of(cert.DNSName), theirs.DNSNames)
		same("addresses of e-mail", of(cert.Email), theirs.EmailAddresses)
		same("IP addresses", of(cert.IPAddress), theirs.IPAddresses)
	}
	same("names", flat(ours.Subject), theirs.Subject.Names)
}

// number reads the contents octets of an INTEGER.
func number(contents []byte) *big.Int {
	n := new(big.Int).SetBytes(contents)
	if len(contents) > 0 && contents[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(contents))))
	}
	return n
}

// flat shows attributes as the list that crypto/x509/pkix prints.
func flat(n cert.Name) (out []string) {
	for _, rdn := range n {
		for _, a := range rdn {
			out = append(out, fmt.Sprintf("{%s %s}", a.Type, a.Value))
		}
	}
	return out
}
