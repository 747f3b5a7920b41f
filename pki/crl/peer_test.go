package crl_test

import (
	"bytes"
	"crypto/x509"
	"math/big"
	"os"
	"slices"
	"testing"

	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
)

// FuzzParseAgreesWithTheStandardLibrary looks for a list that revokes a certificate for one reader and not for another.
func FuzzParseAgreesWithTheStandardLibrary(f *testing.F) {
	for _, file := range slices.Concat(testdata.Glob(f, "pkits", "crls", "*.crl"), testdata.Glob(f, "kz", "crl", "*.crl")) {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, err := crl.Parse(b)
		if err != nil {
			return
		}
		theirs, err := x509.ParseRevocationList(b)
		if err != nil {
			return
		}
		if !bytes.Equal(ours.RawTBS, theirs.RawTBSRevocationList) || !bytes.Equal(ours.RawIssuer, theirs.RawIssuer) || !bytes.Equal(ours.Signature, theirs.Signature) {
			t.Error("other octets are signed")
		}
		if !ours.ThisUpdate.Equal(theirs.ThisUpdate) || !ours.NextUpdate.Equal(theirs.NextUpdate) {
			t.Errorf("from %v to %v here, %v to %v there", ours.ThisUpdate, ours.NextUpdate, theirs.ThisUpdate, theirs.NextUpdate)
		}
		if theirs.Number != nil && new(big.Int).SetBytes(ours.Number).Cmp(theirs.Number) != 0 {
			t.Errorf("number %x here, %x there", ours.Number, theirs.Number)
		}
		if !bytes.Equal(ours.AuthorityKeyID.KeyID, theirs.AuthorityKeyId) {
			t.Errorf("issuer's key %x here, %x there", ours.AuthorityKeyID.KeyID, theirs.AuthorityKeyId)
		}
		if len(ours.Entries) != len(theirs.RevokedCertificateEntries) {
			t.Fatalf("%d entries here, %d there", len(ours.Entries), len(theirs.RevokedCertificateEntries))
		}
		for i, e := range ours.Entries {
			their := theirs.RevokedCertificateEntries[i]
			serial := new(big.Int).SetBytes(e.Serial)
			if e.Serial[0]&0x80 != 0 {
				serial.Sub(serial, new(big.Int).Lsh(big.NewInt(1), uint(8*len(e.Serial))))
			}
			if serial.Cmp(their.SerialNumber) != 0 || !e.Time.Equal(their.RevocationTime) || max(e.Reason, 0) != their.ReasonCode {
				t.Errorf("entry %d: %s %v %d here, %x %v %d there", i, cert.SerialHex(e.Serial), e.Time, e.Reason, their.SerialNumber, their.RevocationTime, their.ReasonCode)
			}
		}
	})
}
