package path

import (
	"testing"
	"time"

	"github.com/senim-pki/senim/internal/testpki"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/ocsp"
)

func TestEvidenceThatContradictsItself(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	responder := root.Issue(t, testpki.Spec{Name: "OCSP", EKU: []oid.OID{oid.EKUOCSPSigning}, Extra: []cert.Extension{cert.ExtOCSPNoCheck()}})
	leaf := root.Issue(t, testpki.Spec{}).Cert
	now := testpki.Now
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	list := func(at time.Time, reason int, revoked, invalid time.Time) *crl.List {
		return root.CRL(t, at, nil, crl.Entry{Serial: leaf.Serial, Time: revoked, Reason: reason, InvalidityDate: invalid})
	}
	never := responder.Answer(t, leaf, root.Cert, ocsp.Single{Status: ocsp.Revoked, ThisUpdate: ago(10 * time.Minute), RevokedAt: time.Unix(0, 0), Reason: reasonHold},
		func(x *ocsp.Template) { x.ExtendedRevoke = true })
	good := responder.Answer(t, leaf, root.Cert, ocsp.Single{Status: ocsp.Good, ThisUpdate: ago(time.Minute), Reason: -1}, nil)
	hold := responder.Answer(t, leaf, root.Cert, ocsp.Single{Status: ocsp.Revoked, ThisUpdate: ago(time.Minute), RevokedAt: ago(time.Hour), Reason: reasonHold}, nil)
	for _, c := range []struct {
		name   string
		ocsps  []*ocsp.Response
		crls   []*crl.List
		proven time.Time
		want   finding.Code // "" is valid
	}{
		// A list names what was revoked; what was never issued, as by a stolen key, it can't name.
		{"never issued, and a newer list is silent", []*ocsp.Response{never}, []*crl.List{root.CRL(t, ago(time.Minute), nil)}, time.Time{}, finding.UnknownToResponder},
		{"never issued, and issued since", []*ocsp.Response{never, good}, nil, time.Time{}, ""},
		{"never issued, issued since, and a list newer than both", []*ocsp.Response{never, good}, []*crl.List{root.CRL(t, now, nil)}, time.Time{}, ""},
		{"on hold, and to be revoked tomorrow", []*ocsp.Response{hold}, []*crl.List{list(ago(time.Hour), 4, now.Add(24*time.Hour), time.Time{})}, time.Time{}, finding.OnHold},
		{"to be revoked tomorrow", nil, []*crl.List{list(ago(time.Hour), 4, now.Add(24*time.Hour), time.Time{})}, time.Time{}, ""},
		{"an old list: to be revoked tomorrow", nil, []*crl.List{list(ago(30*24*time.Hour), 4, now.Add(24*time.Hour), time.Time{})}, time.Time{}, finding.StaleRevocation},
		{"revoked, and stolen before the signature says the other list", nil, []*crl.List{list(ago(3*time.Hour), 1, ago(10*time.Hour), time.Time{}), list(ago(time.Hour), 1, ago(9*time.Hour), ago(40*time.Hour))},
			ago(20 * time.Hour), finding.Revoked},
	} {
		got := Validate(background, Input{Leaf: leaf, Anchors: []*cert.Certificate{root.Cert}, Time: now, Proven: c.proven, Revocation: Soft, OCSPs: c.ocsps, CRLs: c.crls})
		if got.Valid() != (c.want == "") || c.want != "" && !got.Has(c.want) {
			t.Errorf("%s: %v, want %s", c.name, codes(got), c.want)
		}
	}
}

func TestNobodyAnswersForHimself(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	leaf := root.Issue(t, testpki.Spec{EKU: []oid.OID{oid.EKUOCSPSigning, oid.EKUEmailProtection}, Extra: []cert.Extension{cert.ExtOCSPNoCheck()}})
	good := leaf.Answer(t, leaf.Cert, root.Cert, ocsp.Single{Status: ocsp.Good, ThisUpdate: testpki.Now, Reason: -1}, nil)
	got := Validate(background, Input{Leaf: leaf.Cert, Anchors: []*cert.Certificate{root.Cert}, Time: testpki.Now, Revocation: Soft, OCSPs: []*ocsp.Response{good}})
	if got.Valid() || !got.Has(finding.BadRevocation) {
		t.Errorf("findings %v", codes(got))
	}
}

func TestAnAuthorityForOneUseIssuesNothingElse(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	for _, c := range []struct {
		name    string
		ca      []oid.OID
		leaf    []oid.OID
		usage   cert.KeyUsage
		purpose Purpose
		want    bool
	}{
		{"servers only, a person's signature", []oid.OID{oid.EKUServerAuth}, []oid.OID{oid.EKUEmailProtection}, 0, Sign, false},
		{"servers only, a server", []oid.OID{oid.EKUServerAuth}, []oid.OID{oid.EKUServerAuth}, cert.DigitalSignature, Server, true},
		{"servers only, a time-stamp authority", []oid.OID{oid.EKUServerAuth}, []oid.OID{oid.EKUTimeStamping}, 0, TSA, false},
		{"servers only, to sign in", []oid.OID{oid.EKUServerAuth}, []oid.OID{oid.EKUClientAuth}, 0, Auth, false},
		{"signatures", []oid.OID{oid.EKUEmailProtection}, []oid.OID{oid.EKUEmailProtection}, 0, Sign, true},
		{"an information system under one for them", []oid.OID{oid.KZEKULegal}, []oid.OID{oid.KZEKULegal}, 0, Sign, true},
		{"an information system under one for servers", []oid.OID{oid.EKUServerAuth}, []oid.OID{oid.KZEKULegal}, 0, Sign, false},
		{"any purpose", []oid.OID{oid.EKUAny}, []oid.OID{oid.EKUEmailProtection}, 0, Sign, true},
		{"not asked what for", []oid.OID{oid.EKUServerAuth}, []oid.OID{oid.EKUEmailProtection}, 0, Any, true},
	} {
		ca := root.Issue(t, testpki.Spec{Name: "CA", CA: true, EKU: c.ca})
		leaf := ca.Issue(t, testpki.Spec{EKU: c.leaf, KeyUsage: c.usage})
		got := Validate(background, Input{Leaf: leaf.Cert, Intermediates: []*cert.Certificate{ca.Cert}, Anchors: []*cert.Certificate{root.Cert}, Time: testpki.Now, Purpose: c.purpose})
		if got.Valid() != c.want || !c.want && !got.Has(finding.PurposeForbids) {
			t.Errorf("%s: %v", c.name, codes(got))
		}
	}
}

// Non-repudiation alone makes a key for documents only where the certificate doesn't say that it is for something else.
func TestAServicesKeySignsNoDocuments(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	for _, c := range []struct {
		name string
		eku  []oid.OID
		want bool
	}{
		{"a time-stamp authority", []oid.OID{oid.EKUTimeStamping}, false},
		{"an OCSP responder", []oid.OID{oid.EKUOCSPSigning}, false},
		{"a server", []oid.OID{oid.EKUServerAuth, oid.EKUClientAuth}, false},
		{"a key for signing in", []oid.OID{oid.EKUClientAuth}, false},
		{"a key for signing in of the national form", []oid.OID{oid.EKUClientAuth, oid.KZEKUIndividual}, false},
		{"an information system", []oid.OID{oid.KZEKULegal}, true},
		{"a person", []oid.OID{oid.EKUEmailProtection, oid.KZEKUIndividual}, true},
		{"a person who also signs in with it", []oid.OID{oid.EKUEmailProtection, oid.EKUClientAuth}, true},
		{"no purpose named", nil, true},
	} {
		leaf := root.Issue(t, testpki.Spec{EKU: c.eku, NoEKU: c.eku == nil, KeyUsage: cert.DigitalSignature | cert.NonRepudiation})
		got := Validate(background, Input{Leaf: leaf.Cert, Anchors: []*cert.Certificate{root.Cert}, Time: testpki.Now, Purpose: Sign})
		if got.Valid() != c.want {
			t.Errorf("%s: %v", c.name, codes(got))
		}
	}
}

func TestDatesMayBeThoseOfAnotherMoment(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	ended := root.Issue(t, testpki.Spec{NotAfter: testpki.Now.Add(-24 * time.Hour)}).Cert
	in := Input{Leaf: ended, Anchors: []*cert.Certificate{root.Cert}, Time: testpki.Now, Dates: testpki.Now.Add(-48 * time.Hour), Revocation: Soft,
		CRLs: []*crl.List{root.CRL(t, testpki.Now.Add(-time.Hour), nil)}}
	if got := Validate(background, in); !got.Valid() {
		t.Errorf("valid then: %v", codes(got))
	}
	in.CRLs = []*crl.List{root.CRL(t, testpki.Now.Add(-time.Hour), nil, crl.Entry{Serial: ended.Serial, Time: testpki.Now.Add(-30 * time.Hour), Reason: 1})}
	if got := Validate(background, in); got.Valid() || !got.Has(finding.Revoked) {
		t.Errorf("revoked since: %v", codes(got))
	}
}

func TestAuthoritiesThatIssueEachOther(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	a, b := testpki.Root(t, testpki.Spec{Name: "A"}), testpki.Root(t, testpki.Spec{Name: "B"})
	cross := func(issuer, subject *testpki.Party, name string) *cert.Certificate {
		return issuer.Issue(t, testpki.Spec{Name: name, CA: true, Key: subject.Key}).Cert
	}
	leaf := a.Issue(t, testpki.Spec{}).Cert
	between := []*cert.Certificate{a.Cert, b.Cert, cross(a, b, "B"), cross(b, a, "A")}
	in := Input{Leaf: leaf, Intermediates: between, Anchors: []*cert.Certificate{root.Cert}, Time: testpki.Now}
	if got := Validate(background, in); got.Valid() || !got.Has(finding.NoChain) {
		t.Errorf("a loop: %v", codes(got))
	}
	in.Intermediates = append(between, cross(root, b, "B"))
	if got := Validate(background, in); !got.Valid() || len(got.Chain) != 4 {
		t.Errorf("a way out of the loop: chain of %d, %v", len(got.Chain), codes(got))
	}
}
