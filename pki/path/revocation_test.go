package path

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/internal/testpki"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/ocsp"
	"github.com/senim-pki/senim/sig/cms"
)

// answers is a Fetcher of what it was given; nil is a network that is down.
type answers struct {
	ocsp  *ocsp.Response
	crl   *crl.List
	asked int
}

func (a *answers) OCSP(context.Context, *cert.Certificate, *cert.Certificate) (*ocsp.Response, error) {
	a.asked++
	if a.ocsp == nil {
		return nil, errors.New("no answer")
	}
	return a.ocsp, nil
}

func (a *answers) CRL(context.Context, *cert.Certificate) (*crl.List, error) {
	if a.crl == nil {
		return nil, errors.New("no answer")
	}
	return a.crl, nil
}

func TestRevocation(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	ca := root.Issue(t, testpki.Spec{Name: "CA", CA: true})
	other := root.Issue(t, testpki.Spec{Name: "OTHER", CA: true})
	twin := root.Issue(t, testpki.Spec{Name: "CA", CA: true}) // the name of the issuer, and another key
	leaf := ca.Issue(t, testpki.Spec{}).Cert
	responder := ca.Issue(t, testpki.Spec{Name: "OCSP", EKU: []oid.OID{oid.EKUOCSPSigning}, Extra: []cert.Extension{cert.ExtOCSPNoCheck()}})
	now := testpki.Now
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	entry := func(reason int, at time.Time) crl.Entry {
		return crl.Entry{Serial: leaf.Serial, Time: at, Reason: reason}
	}
	single := func(s ocsp.Status, this time.Time) ocsp.Single {
		x := ocsp.Single{Status: s, ThisUpdate: this, Reason: -1}
		if s == ocsp.Revoked {
			x.RevokedAt, x.Reason = this.Add(-time.Hour), 1
		}
		return x
	}
	hold := func(this time.Time) ocsp.Single {
		return ocsp.Single{Status: ocsp.Revoked, ThisUpdate: this, RevokedAt: this.Add(-time.Hour), Reason: reasonHold}
	}
	good := single(ocsp.Good, ago(time.Minute))
	by := func(p *testpki.Party, s ocsp.Single, edit func(*ocsp.Template)) []*ocsp.Response {
		return []*ocsp.Response{p.Answer(t, leaf, ca.Cert, s, edit)}
	}
	list := func(p *testpki.Party, at time.Time, edit func(*crl.Template), entries ...crl.Entry) []*crl.List {
		return []*crl.List{p.CRL(t, at, edit, entries...)}
	}
	delegate := func(s testpki.Spec) *testpki.Party {
		if s.EKU == nil {
			s.EKU = []oid.OID{oid.EKUOCSPSigning}
		}
		s.Name = "OCSP"
		return ca.Issue(t, s)
	}
	noCheck := []cert.Extension{cert.ExtOCSPNoCheck()}
	lying := other.Issue(t, testpki.Spec{Name: "OCSP", EKU: []oid.OID{oid.EKUOCSPSigning}, Extra: noCheck})
	wrongSignature := func(r []*ocsp.Response) []*ocsp.Response {
		raw := slices.Clone(r[0].Raw)
		// Of the tbs, the last octet before the signature algorithm is inside thisUpdate's or the identifier's value.
		raw[len(raw)-len(responder.Cert.Raw)-20] ^= 1
		bent, err := ocsp.ParseResponse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return []*ocsp.Response{bent}
	}
	for _, c := range []struct {
		name     string
		ocsps    []*ocsp.Response
		crls     []*crl.List
		fetch    *answers
		want     finding.Code // "" is valid
		warning  finding.Code
		severity finding.Severity
	}{
		{name: "no evidence", want: finding.NoRevocationAnswer, severity: finding.Missing},
		{name: "no answer in the list of answers", ocsps: []*ocsp.Response{nil}, crls: []*crl.List{nil}, want: finding.NoRevocationAnswer, severity: finding.Missing},
		{name: "an answer that is an error", ocsps: []*ocsp.Response{{Code: ocsp.TryLater}}, want: finding.NoRevocationAnswer, severity: finding.Missing},
		{name: "a list of a part", crls: func() []*crl.List {
			l := *ca.CRL(t, ago(time.Hour), nil)
			l.Extensions = append(slices.Clone(l.Extensions), cert.Extension{OID: oid.ExtIssuingDistributionPoint, Value: []byte{0x30, 0}})
			return []*crl.List{&l}
		}(), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "a list with an unknown critical extension", crls: func() []*crl.List {
			l := *ca.CRL(t, ago(time.Hour), nil)
			l.UnknownCritical = true
			return []*crl.List{&l}
		}(), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "the issuer says good", ocsps: by(ca, good, nil)},
		{name: "the issuer by its key hash", ocsps: by(ca, good, func(x *ocsp.Template) { x.ResponderName, x.ResponderKeyHash = nil, ca.KeyHash() })},
		{name: "its responder says good", ocsps: by(responder, good, nil)},
		{name: "its responder by key hash", ocsps: by(responder, good, func(x *ocsp.Template) { x.ResponderName, x.ResponderKeyHash = nil, responder.KeyHash() })},
		{name: "its responder says revoked", ocsps: by(responder, single(ocsp.Revoked, ago(time.Minute)), nil), want: finding.Revoked, severity: finding.Fatal},
		{name: "its responder says on hold", ocsps: by(responder, hold(ago(time.Minute)), nil), want: finding.OnHold, severity: finding.Fatal},
		{name: "never issued", ocsps: by(responder, ocsp.Single{Status: ocsp.Revoked, ThisUpdate: ago(time.Minute), RevokedAt: time.Unix(0, 0), Reason: reasonHold}, func(x *ocsp.Template) { x.ExtendedRevoke = true }), want: finding.UnknownToResponder, severity: finding.Fatal},
		{name: "its responder doesn't know", ocsps: by(responder, single(ocsp.Unknown, ago(time.Minute)), nil), want: finding.UnknownToResponder, severity: finding.Missing},
		{name: "its responder doesn't know, the list does", ocsps: by(responder, single(ocsp.Unknown, ago(time.Minute)), nil), crls: list(ca, ago(time.Hour), nil)},
		{name: "the responder's certificate isn't there", ocsps: by(responder, good, func(x *ocsp.Template) { x.Certificates = nil }), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "a responder of another authority", ocsps: by(lying, good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "a responder of another key of the issuer's name", ocsps: by(twin.Issue(t, testpki.Spec{Name: "OCSP", EKU: []oid.OID{oid.EKUOCSPSigning}, Extra: noCheck}), good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "another key of the issuer's name itself", ocsps: by(twin, good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "named by SHA-256", ocsps: by(responder, good, func(x *ocsp.Template) { x.Singles[0].CertID = ocsp.NewCertID(alg.SHA256, ca.Cert, leaf.Serial) })},
		{name: "named by the key of another of the issuer's name", ocsps: by(responder, good, func(x *ocsp.Template) { x.Singles[0].CertID = ocsp.NewCertID(alg.SHA256, twin.Cert, leaf.Serial) }), want: finding.NoRevocationAnswer, severity: finding.Missing},
		{name: "named by a digest nobody knows", ocsps: by(responder, good, func(x *ocsp.Template) {
			unknown := *alg.SHA1
			unknown.Identifier = alg.Identifier{OID: "1.2.3.4"}
			x.Singles[0].CertID = ocsp.NewCertID(&unknown, ca.Cert, leaf.Serial)
		}), want: finding.NoRevocationAnswer, severity: finding.Missing},
		{name: "another authority itself", ocsps: by(other, good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "the root, which isn't the issuer", ocsps: by(root, good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "a person of the same issuer", ocsps: by(delegate(testpki.Spec{EKU: []oid.OID{oid.EKUEmailProtection}, Extra: noCheck}), good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "a responder of any purpose", ocsps: by(delegate(testpki.Spec{EKU: []oid.OID{oid.EKUAny}, Extra: noCheck}), good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "the leaf itself", ocsps: func() []*ocsp.Response {
			self := delegate(testpki.Spec{EKU: []oid.OID{oid.EKUEmailProtection, oid.EKUClientAuth}, Serial: leaf.Serial})
			return by(self, good, nil)
		}(), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "a responder that ended", ocsps: by(delegate(testpki.Spec{Extra: noCheck, NotAfter: ago(time.Second)}), good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "a responder that hasn't begun", ocsps: by(delegate(testpki.Spec{Extra: noCheck, NotBefore: now.Add(time.Second)}), good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "a responder with an unknown critical extension", ocsps: by(delegate(testpki.Spec{Extra: []cert.Extension{{OID: "1.2.3", Critical: true, Value: []byte{5, 0}}}}), good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "a responder that may not sign", ocsps: by(delegate(testpki.Spec{KeyUsage: cert.KeyEncipherment, Extra: noCheck}), good, nil), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "an answer changed on the way", ocsps: wrongSignature(by(responder, good, nil)), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "an answer about another serial number", ocsps: []*ocsp.Response{ca.Answer(t, other.Issue(t, testpki.Spec{}).Cert, ca.Cert, good, nil)}, want: finding.NoRevocationAnswer, severity: finding.Missing},
		{name: "an answer about another issuer's", ocsps: []*ocsp.Response{ca.Answer(t, leaf, other.Cert, good, nil)}, want: finding.NoRevocationAnswer, severity: finding.Missing},
		{name: "a later answer", ocsps: by(responder, single(ocsp.Good, now.Add(time.Second)), nil), want: finding.NoRevocationAnswer, warning: finding.LaterEvidence, severity: finding.Missing},
		{name: "a later revocation", ocsps: append(by(responder, good, nil), by(responder, single(ocsp.Revoked, now.Add(time.Hour)), nil)...)},
		{name: "an answer that is an hour old", ocsps: by(responder, single(ocsp.Good, ago(time.Hour)), nil)},
		{name: "an answer that is over an hour old", ocsps: by(responder, single(ocsp.Good, ago(time.Hour+time.Second)), nil), want: finding.StaleRevocation, severity: finding.Missing},
		{name: "an answer before its nextUpdate", ocsps: by(responder, ocsp.Single{Status: ocsp.Good, ThisUpdate: ago(48 * time.Hour), NextUpdate: now, Reason: -1}, nil)},
		{name: "an answer past its nextUpdate", ocsps: by(responder, ocsp.Single{Status: ocsp.Good, ThisUpdate: ago(time.Minute), NextUpdate: ago(time.Second), Reason: -1}, nil), want: finding.StaleRevocation, severity: finding.Missing},
		{name: "an old revocation", ocsps: by(responder, single(ocsp.Revoked, ago(1000*time.Hour)), nil), want: finding.Revoked, severity: finding.Fatal},
		{name: "an old revocation and a new good", ocsps: append(by(responder, single(ocsp.Revoked, ago(100*time.Hour)), nil), by(responder, good, nil)...), want: finding.Revoked, severity: finding.Fatal},
		{name: "an old hold", ocsps: by(responder, hold(ago(100*time.Hour)), nil), want: finding.StaleRevocation, severity: finding.Missing},
		{name: "a hold that was lifted", ocsps: append(by(responder, hold(ago(10*time.Minute)), nil), by(responder, good, nil)...)},
		{name: "a hold after a good answer", ocsps: append(by(responder, hold(ago(time.Minute)), nil), by(responder, single(ocsp.Good, ago(10*time.Minute)), nil)...), want: finding.OnHold, severity: finding.Fatal},
		{name: "a good answer and a list that says revoked", ocsps: by(responder, good, nil), crls: list(ca, ago(time.Hour), nil, entry(1, ago(2*time.Hour))), want: finding.Revoked, severity: finding.Fatal},

		{name: "a list without it", crls: list(ca, ago(time.Hour), nil)},
		{name: "a list with it", crls: list(ca, ago(time.Hour), nil, entry(-1, ago(2*time.Hour))), want: finding.Revoked, severity: finding.Fatal},
		{name: "a list with a hold", crls: list(ca, ago(time.Hour), nil, entry(reasonHold, ago(2*time.Hour))), want: finding.OnHold, severity: finding.Fatal},
		{name: "a list with another", crls: list(ca, ago(time.Hour), nil, crl.Entry{Serial: []byte{1}, Time: ago(2 * time.Hour), Reason: -1})},
		{name: "a list past its nextUpdate", crls: list(ca, ago(8*24*time.Hour), nil), want: finding.StaleRevocation, severity: finding.Missing},
		{name: "a later list", crls: list(ca, now.Add(time.Minute), nil), want: finding.NoRevocationAnswer, warning: finding.LaterEvidence, severity: finding.Missing},
		{name: "a list of another issuer", crls: list(other, ago(time.Hour), nil), want: finding.NoRevocationAnswer, severity: finding.Missing},
		{name: "a list in the issuer's name by another", crls: list(other, ago(time.Hour), func(x *crl.Template) { x.Issuer, x.AuthorityKeyID = ca.Cert.RawSubject, ca.Cert.SubjectKeyID }), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "a list of another key of the name", crls: list(ca, ago(time.Hour), func(x *crl.Template) { x.AuthorityKeyID = []byte{1, 2} }), want: finding.NoRevocationAnswer, severity: finding.Missing},
		{name: "a list of another key of the name that doesn't say so", crls: list(twin, ago(time.Hour), func(x *crl.Template) { x.AuthorityKeyID = nil }), want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "an expired list with it", crls: list(ca, ago(30*24*time.Hour), nil, entry(1, ago(31*24*time.Hour))), want: finding.Revoked, severity: finding.Fatal},
		{name: "an expired list with a hold", crls: list(ca, ago(30*24*time.Hour), nil, entry(reasonHold, ago(31*24*time.Hour))), want: finding.StaleRevocation, severity: finding.Missing},
		{name: "a list that takes it back", crls: list(ca, ago(time.Hour), nil, entry(reasonRemove, ago(2*time.Hour)))},
		{name: "a list that revokes it and takes it back", crls: list(ca, ago(time.Hour), nil, entry(reasonRemove, ago(2*time.Hour)), entry(1, ago(3*time.Hour))), want: finding.Revoked, severity: finding.Fatal},
		{name: "a delta list alone", crls: list(ca, ago(time.Hour), func(x *crl.Template) { x.BaseNumber = []byte{1}; x.Number = []byte{2} }), want: finding.NoRevocationAnswer, severity: finding.Missing},

		{name: "asked, and good", fetch: &answers{ocsp: by(responder, good, nil)[0]}},
		{name: "asked a clock that is ahead", fetch: &answers{ocsp: by(responder, single(ocsp.Good, now.Add(time.Minute)), nil)[0]}},
		{name: "asked a clock that is far ahead", fetch: &answers{ocsp: by(responder, single(ocsp.Good, now.Add(time.Hour)), nil)[0]}, want: finding.NoRevocationAnswer, severity: finding.Missing},
		{name: "asked, and a stranger answers", fetch: &answers{ocsp: by(lying, good, nil)[0]}, want: finding.NoRevocationAnswer, warning: finding.BadRevocation, severity: finding.Missing},
		{name: "asked, and only the list answers", fetch: &answers{crl: ca.CRL(t, ago(time.Hour), nil, entry(4, ago(2*time.Hour)))}, want: finding.Revoked, severity: finding.Fatal},
		{name: "asked, and nobody answers", fetch: &answers{}, want: finding.NoRevocationAnswer, severity: finding.Missing},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := Input{Leaf: leaf, Intermediates: []*cert.Certificate{ca.Cert}, Anchors: []*cert.Certificate{root.Cert}, Time: now, Revocation: Soft, OCSPs: c.ocsps, CRLs: c.crls}
			if c.fetch != nil {
				in.Fetcher = c.fetch
			}
			got := Validate(background, in)
			if c.warning != "" && !got.Has(c.warning) {
				t.Errorf("findings %v, want the warning %s", codes(got), c.warning)
			}
			if c.want == "" {
				if !got.Valid() || got.Revocations[0].Status != ocsp.Good || !got.Revocations[0].Checked {
					t.Fatalf("findings %v, status %v", codes(got), got.Revocations[0])
				}
				return
			}
			at := slices.IndexFunc(got.Findings, func(f finding.Finding) bool { return f.Code == c.want })
			if got.Valid() || at < 0 || got.Findings[at].Severity != c.severity || got.Findings[at].Subject != leaf.CommonName() {
				t.Fatalf("findings %+v, want %s", got.Findings, c.want)
			}
		})
	}
}

func TestModesAskForDifferentCertificates(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	ca := root.Issue(t, testpki.Spec{Name: "CA", CA: true})
	leaf := ca.Issue(t, testpki.Spec{}).Cert
	at := testpki.Now.Add(-time.Hour)
	leafList, caList := ca.CRL(t, at, nil), root.CRL(t, at, nil)
	caRevoked := root.CRL(t, at, nil, crl.Entry{Serial: ca.Cert.Serial, Time: at.Add(-time.Hour), Reason: 2})
	for _, c := range []struct {
		name  string
		mode  Mode
		lists []*crl.List
		want  finding.Code
		valid bool
	}{
		{"none, though revoked", None, []*crl.List{leafList, caRevoked}, "", true},
		{"soft, both answers", Soft, []*crl.List{leafList, caList}, "", true},
		{"soft, nothing of the authority", Soft, []*crl.List{leafList}, finding.NoRevocationAnswer, true},
		{"soft, nothing of the leaf", Soft, []*crl.List{caList}, finding.NoRevocationAnswer, false},
		{"soft, the authority is revoked", Soft, []*crl.List{leafList, caRevoked}, finding.Revoked, false},
		{"hard, both answers", Hard, []*crl.List{leafList, caList}, "", true},
		{"hard, nothing of the authority", Hard, []*crl.List{leafList}, finding.NoRevocationAnswer, false},
	} {
		got := Validate(background, Input{Leaf: leaf, Intermediates: []*cert.Certificate{ca.Cert}, Anchors: []*cert.Certificate{root.Cert}, Time: testpki.Now, Revocation: c.mode, CRLs: c.lists})
		if got.Valid() != c.valid || c.want != "" && !got.Has(c.want) {
			t.Errorf("%s: %v", c.name, codes(got))
		}
		if len(got.Revocations) != len(got.Chain) {
			t.Errorf("%s: %d revocations for a chain of %d", c.name, len(got.Revocations), len(got.Chain))
		}
	}
}

func TestARevocationAfterTheProvenMomentChangesNothing(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	leaf := root.Issue(t, testpki.Spec{}).Cert
	revoked := testpki.Now.Add(-24 * time.Hour)
	for _, c := range []struct {
		name   string
		proven time.Time
		entry  crl.Entry
		valid  bool
	}{
		{"proven before", revoked.Add(-time.Hour), crl.Entry{Time: revoked, Reason: 1}, true},
		{"proven at the same moment", revoked, crl.Entry{Time: revoked, Reason: 1}, false},
		{"proven after", revoked.Add(time.Hour), crl.Entry{Time: revoked, Reason: 1}, false},
		{"proven before, stolen earlier", revoked.Add(-time.Hour), crl.Entry{Time: revoked, Reason: 1, InvalidityDate: revoked.Add(-2 * time.Hour)}, false},
		{"not proven", time.Time{}, crl.Entry{Time: revoked, Reason: 1}, false},
	} {
		c.entry.Serial = leaf.Serial
		got := Validate(background, Input{Leaf: leaf, Anchors: []*cert.Certificate{root.Cert}, Time: testpki.Now, Proven: c.proven, Revocation: Soft,
			CRLs: []*crl.List{root.CRL(t, testpki.Now.Add(-time.Hour), nil, c.entry)}})
		if got.Valid() != c.valid || got.Revocations[0].Status != ocsp.Revoked {
			t.Errorf("%s: %v, %+v", c.name, codes(got), got.Revocations[0])
		}
	}
}

func TestAnAuthorityThatMayNotSignListsHasNone(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	ca := root.Issue(t, testpki.Spec{Name: "CA", CA: true, KeyUsage: cert.KeyCertSign})
	got := Validate(background, Input{Leaf: ca.Issue(t, testpki.Spec{}).Cert, Intermediates: []*cert.Certificate{ca.Cert}, Anchors: []*cert.Certificate{root.Cert},
		Time: testpki.Now, Revocation: Soft, CRLs: []*crl.List{ca.CRL(t, testpki.Now.Add(-time.Hour), nil)}})
	if got.Valid() || !got.Has(finding.BadRevocation) || !got.Has(finding.NoRevocationAnswer) {
		t.Errorf("findings %v", codes(got))
	}
}

func TestTheNationalTimeStampAuthorityOfTheTestHierarchy(t *testing.T) {
	roots, cas := authorities(t, "test")
	m, err := cms.Parse(testdata.Read(t, "kz", "tsp", "tsp_token.bin"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2022, 9, 18, 13, 20, 14, 0, time.UTC)
	got := Validate(background, Input{Leaf: m.Check(0, nil, nil).Certificate, Intermediates: cas, Anchors: roots, Time: at, Purpose: TSA})
	if !got.Valid() || len(got.Chain) != 3 {
		t.Errorf("chain of %d, %v", len(got.Chain), codes(got))
	}
}

func TestAResponderWithoutNoCheckIsCheckedItself(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	leaf := root.Issue(t, testpki.Spec{}).Cert
	responder := root.Issue(t, testpki.Spec{Name: "OCSP", EKU: []oid.OID{oid.EKUOCSPSigning}})
	at := testpki.Now.Add(-time.Minute)
	good := responder.Answer(t, leaf, root.Cert, ocsp.Single{Status: ocsp.Good, ThisUpdate: at, Reason: -1}, nil)
	revoked := root.CRL(t, at, nil, crl.Entry{Serial: responder.Cert.Serial, Time: at, Reason: 1}, crl.Entry{Serial: []byte{9}, Time: at, Reason: -1})
	in := Input{Leaf: leaf, Anchors: []*cert.Certificate{root.Cert}, Time: testpki.Now, Revocation: Soft, OCSPs: []*ocsp.Response{good}}
	if got := Validate(background, in); !got.Valid() {
		t.Errorf("no list: %v", codes(got))
	}
	in.CRLs = []*crl.List{revoked}
	if got := Validate(background, in); !got.Has(finding.BadRevocation) {
		t.Errorf("the responder is revoked: %v", codes(got))
	}
}

func readOCSP(t testing.TB, name string) *ocsp.Response {
	t.Helper()
	r, err := ocsp.ParseResponse(testdata.Read(t, "kz", "ocsp", name))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readCRL(t testing.TB, name string) *crl.List {
	t.Helper()
	l, err := crl.Parse(testdata.Read(t, "kz", "crl", name))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestNationalAnswersAreAuthentic(t *testing.T) {
	_, cas := authorities(t, "test")
	find := func(serial string) (*ocsp.Response, ocsp.Single, *cert.Certificate) {
		for _, name := range []string{"ocsp_response_ceo_2015_revoked.bin", "ocsp_response_individual_2015.bin", "ocsp_response_ceo_sign_2004_revoked.bin", "ocsp_response_individual_sign_2004.bin"} {
			r := readOCSP(t, name)
			for _, s := range r.Singles {
				if strings.EqualFold(hex.EncodeToString(s.CertID.Serial), serial) {
					for _, c := range cas {
						if s.CertID.Matches(c) {
							return r, s, c
						}
					}
				}
			}
		}
		t.Fatalf("no answer about %s", serial)
		return nil, ocsp.Single{}, nil
	}
	for _, c := range []struct {
		serial   string
		want     finding.Code
		severity finding.Severity
	}{
		{"3A90343E720594C55204B19CB9A402422EF0E622", finding.OnHold, finding.Fatal},
		{"0FF06211DC82BEB00253FFA000F1DE84ABEF454F", finding.UnknownToResponder, finding.Fatal},
		{"12E3E7B9966D09EB9CDA64251457E815C2A8DDED", finding.Revoked, finding.Fatal},
		{"4279390A141F5353A62947B61ED65E81741467D1", "", 0},
	} {
		r, single, issuer := find(c.serial)
		at := single.ThisUpdate.Add(time.Minute)
		serial, _ := hex.DecodeString(c.serial)
		// The certificates of two of them are not public: only the number and the issuer are asked for.
		subject := &cert.Certificate{Serial: serial, RawIssuer: issuer.RawSubject}
		v := newSearch(background, Input{Time: at, Revocation: Soft, OCSPs: []*ocsp.Response{r}})
		got, found := v.revocation(subject, issuer, true)
		res := Result{Findings: found}
		if c.want == "" {
			if len(found) != 0 || got.Status != ocsp.Good {
				t.Errorf("%s: %v, %v", c.serial, got, codes(res))
			}
		} else if !res.Has(c.want) || worst(found) != c.severity {
			t.Errorf("%s: %v, %+v, want %s", c.serial, got, found, c.want)
		}
	}
}

func TestNationalListsAreAuthentic(t *testing.T) {
	_, cas := authorities(t, "test")
	revoked := "3ACEA55CBCDF38C861FB3F341854C53EC9ED6ECD"
	good := "6C425659BD2FC6DC587B871AEDE1857727CF8451"
	for _, c := range []struct {
		file, issuer, serial string
		want                 finding.Code
	}{
		{"nca_gost2022_test_num166_2026.crl", "2022", revoked, finding.OnHold},
		{"nca_gost2022_test_num166_2026.crl", "2022", good, ""},
		{"nca_gost2022_test_num166_2026.crl", "2022", "130D7A4B878F28BF1B2B7A223BD7C03CE78C7481", finding.Revoked},
		{"nca_gost2022_test_num14_2025.crl", "2022", "1860D9665327C26760C213126760A3B73072218D", finding.Revoked},
		{"nca_gost2022_test_num4_2022.crl", "2022", "3A90343E720594C55204B19CB9A402422EF0E622", finding.OnHold},
		{"nca_gost2022_d_test.crl", "2022", good, finding.NoRevocationAnswer},
		{"nca_gost_test.crl", "GOST TEST", good, ""},
		{"nca_rsa_test.crl", "RSA TEST", good, ""},
	} {
		l := readCRL(t, c.file)
		var issuer *cert.Certificate
		for _, x := range cas {
			if strings.Contains(x.CommonName(), c.issuer) {
				issuer = x
			}
		}
		serial, _ := hex.DecodeString(c.serial)
		v := newSearch(background, Input{Time: l.ThisUpdate.Add(time.Hour), Revocation: Soft, CRLs: []*crl.List{l}})
		got, found := v.revocation(&cert.Certificate{Serial: serial, RawIssuer: issuer.RawSubject}, issuer, true)
		res := Result{Findings: found}
		if c.want == "" && (len(found) != 0 || got.Status != ocsp.Good) || c.want != "" && !res.Has(c.want) {
			t.Errorf("%s, %s: %v, %v, want %s", c.file, c.serial, got, codes(res), c.want)
		}
	}
}
