package path

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/internal/testpki"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
)

var background = context.Background()

func load(t testing.TB, elem ...string) *cert.Certificate {
	t.Helper()
	list, err := cert.ParsePEM(testdata.Read(t, elem...))
	if err != nil {
		t.Fatalf("%v: %v", elem, err)
	}
	return list[0]
}

// authorities are the certificates of a folder of testdata/kz/ca, roots apart.
func authorities(t testing.TB, folder string) (roots, others []*cert.Certificate) {
	t.Helper()
	for _, file := range testdata.Glob(t, "kz", "ca", folder, "*") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := cert.ParsePEM(b)
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(file), err)
		}
		if strings.HasPrefix(filepath.Base(file), "root") {
			roots = append(roots, list...)
		} else {
			others = append(others, list...)
		}
	}
	return roots, others
}

func codes(r Result) []finding.Code {
	var out []finding.Code
	for _, f := range r.Findings {
		out = append(out, f.Code)
	}
	return out
}

func TestNationalCertificatesChainToTheirRoots(t *testing.T) {
	prodRoots, prodCAs := authorities(t, "prod")
	testRoots, testCAs := authorities(t, "test")
	roots, cas := append(prodRoots, testRoots...), append(prodCAs, testCAs...)
	type row struct {
		name    string
		c       *cert.Certificate
		at      time.Time
		purpose Purpose
		length  int
	}
	var rows []row
	for _, c := range append(prodCAs, testCAs...) {
		rows = append(rows, row{"authority " + c.CommonName(), c, c.NotBefore.Add(time.Hour), Any, 2})
	}
	for _, name := range []string{"ceo_valid_sign_2004_gost.cer", "individual_valid_sign_2004_rsa.cer", "individual_signer.cer", "legal_entity_signer.cer"} {
		c := load(t, "kz", "cert", name)
		rows = append(rows, row{name, c, c.NotBefore.Add(time.Hour), Sign, 3})
	}
	if auth := testdata.Glob(t, "kz", "cert", "*rsa_auth.cer"); true {
		c := load(t, "kz", "cert", filepath.Base(auth[0]))
		rows = append(rows, row{"individual_valid_rsa_auth.cer", c, c.NotBefore.Add(time.Hour), Auth, 3})
	}
	for _, r := range rows {
		got := Validate(background, Input{Leaf: r.c, Intermediates: cas, Anchors: roots, Time: r.at, Purpose: r.purpose})
		if !got.Valid() || len(got.Chain) != r.length {
			t.Errorf("%s: chain of %d, %v", r.name, len(got.Chain), codes(got))
		}
		if before := Validate(background, Input{Leaf: r.c, Intermediates: cas, Anchors: roots, Time: r.c.NotBefore.Add(-time.Second), Purpose: r.purpose}); before.Valid() || !before.Has(finding.NotYetValid) {
			t.Errorf("%s, a second early: %v", r.name, codes(before))
		}
		if after := Validate(background, Input{Leaf: r.c, Intermediates: cas, Anchors: roots, Time: r.c.NotAfter.Add(time.Second), Purpose: r.purpose}); after.Valid() || !after.Has(finding.Expired) {
			t.Errorf("%s, a second late: %v", r.name, codes(after))
		}
	}
	// The roots are each other's strangers.
	c := load(t, "kz", "cert", "individual_signer.cer")
	if got := Validate(background, Input{Leaf: c, Intermediates: cas, Anchors: prodRoots, Time: c.NotBefore}); got.Valid() || !got.Has(finding.NoChain) || len(got.Chain) != 2 {
		t.Errorf("a test certificate under the production roots: chain of %d, %v", len(got.Chain), codes(got))
	}
	auth := load(t, "kz", "cert", filepath.Base(testdata.Glob(t, "kz", "cert", "*rsa_auth.cer")[0]))
	if got := Validate(background, Input{Leaf: auth, Intermediates: cas, Anchors: roots, Time: auth.NotBefore, Purpose: Sign}); got.Valid() || !got.Has(finding.PurposeForbids) {
		t.Errorf("an authentication certificate for signing: %v", codes(got))
	}
}

func TestValidateRefuses(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	other := testpki.Root(t, testpki.Spec{}) // the same name, another key
	ca := root.Issue(t, testpki.Spec{Name: "CA", CA: true})
	critical := func(id oid.OID) []cert.Extension {
		return []cert.Extension{{OID: id, Critical: true, Value: []byte{5, 0}}}
	}
	type in struct {
		leaf    *cert.Certificate
		between []*cert.Certificate
		anchors []*cert.Certificate
		at      time.Time
		purpose Purpose
		depth   int
	}
	good := ca.Issue(t, testpki.Spec{})
	under := func(c *testpki.Party, s testpki.Spec) in {
		return in{leaf: c.Issue(t, s).Cert, between: []*cert.Certificate{c.Cert}}
	}
	middle := func(s testpki.Spec) in {
		s.Name = "CA"
		c := root.Issue(t, s)
		return under(c, testpki.Spec{})
	}
	for _, c := range []struct {
		name     string
		in       in
		want     finding.Code // "" is valid
		severity finding.Severity
	}{
		{"nothing wrong", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert}}, "", 0},
		{"nothing wrong, for signing", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert}, purpose: Sign}, "", 0},
		{"issued by the root itself", in{leaf: ca.Cert}, "", 0},
		{"the leaf is an anchor", in{leaf: good.Cert, anchors: []*cert.Certificate{good.Cert}}, "", 0},
		{"the issuer is an anchor that isn't self-signed", in{leaf: good.Cert, anchors: []*cert.Certificate{ca.Cert}}, "", 0},
		{"no intermediate", in{leaf: good.Cert}, finding.NoChain, finding.Missing},
		{"no anchor", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert, root.Cert}, anchors: []*cert.Certificate{}}, finding.NoChain, finding.Missing},
		{"a root that only the message has", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert, root.Cert}, anchors: []*cert.Certificate{other.Issue(t, testpki.Spec{Name: "X", CA: true}).Cert}}, finding.NoChain, finding.Missing},
		{"an anchor of the same name with another key", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert}, anchors: []*cert.Certificate{other.Cert}}, finding.NoChain, finding.Missing},
		{"the same without key identifiers", in{leaf: root.Issue(t, testpki.Spec{NoKeyIDs: true}).Cert, anchors: []*cert.Certificate{other.Cert}}, finding.BadSignature, finding.Fatal},
		{"both generations of a name", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert}, anchors: []*cert.Certificate{other.Cert, root.Cert}}, "", 0},
		{"a self-signed leaf", in{leaf: testpki.Root(t, testpki.Spec{Name: "ME"}).Cert}, finding.NoChain, finding.Missing},
		{"a leaf whose signature is wrong", in{leaf: good.Forge(t), between: []*cert.Certificate{ca.Cert}}, finding.BadSignature, finding.Fatal},
		{"an authority whose signature is wrong", in{leaf: good.Cert, between: []*cert.Certificate{ca.Forge(t)}}, finding.BadSignature, finding.Fatal},
		{"a leaf that ended", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert}, at: good.Cert.NotAfter.Add(time.Second)}, finding.Expired, finding.Fatal},
		{"a leaf in its last second", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert}, at: good.Cert.NotAfter}, "", 0},
		{"a leaf that hasn't begun", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert}, at: good.Cert.NotBefore.Add(-time.Second)}, finding.NotYetValid, finding.Fatal},
		{"an authority that ended", middle(testpki.Spec{CA: true, NotAfter: testpki.Now.Add(-time.Hour)}), finding.Expired, finding.Fatal},
		{"an authority that began after its leaf", middle(testpki.Spec{CA: true, NotBefore: testpki.Now.Add(-time.Hour)}), "", 0},
		{"an anchor that ended", in{leaf: testpki.Root(t, testpki.Spec{Name: "OLD", NotAfter: testpki.Now.Add(-time.Hour)}).Issue(t, testpki.Spec{}).Cert}, finding.NoChain, finding.Missing},
		{"a person who issues", in{leaf: good.Issue(t, testpki.Spec{}).Cert, between: []*cert.Certificate{good.Cert, ca.Cert}}, finding.NotCA, finding.Fatal},
		{"a person who issues and is listed as an anchor", in{leaf: good.Issue(t, testpki.Spec{}).Cert, anchors: []*cert.Certificate{good.Cert}}, finding.NotCA, finding.Fatal},
		{"an authority with keyCertSign and without CA", middle(testpki.Spec{KeyUsage: cert.KeyCertSign}), finding.NotCA, finding.Fatal},
		{"CA false", middle(testpki.Spec{KeyUsage: cert.KeyCertSign, Extra: []cert.Extension{cert.ExtBasicConstraints(true, false, -1)}}), finding.NotCA, finding.Fatal},
		{"an authority that may not sign certificates", middle(testpki.Spec{CA: true, KeyUsage: cert.CRLSign}), finding.KeyUsageForbids, finding.Fatal},
		{"an authority without key usage", middle(testpki.Spec{CA: true, NoKeyUsage: true}), "", 0},
		{"a name constraint", middle(testpki.Spec{CA: true, Extra: critical(oid.ExtNameConstraints)}), finding.UnknownCritical, finding.Fatal},
		{"a name constraint that isn't critical", middle(testpki.Spec{CA: true, Extra: []cert.Extension{{OID: oid.ExtNameConstraints, Value: []byte{0x30, 0}}}}), finding.UnknownCritical, finding.Fatal},
		{"a policy constraint", middle(testpki.Spec{CA: true, Extra: critical(oid.ExtPolicyConstraints)}), finding.UnknownCritical, finding.Fatal},
		{"inhibitAnyPolicy", middle(testpki.Spec{CA: true, Extra: critical(oid.ExtInhibitAnyPolicy)}), finding.UnknownCritical, finding.Fatal},
		{"an unknown critical extension of the leaf", under(ca, testpki.Spec{Extra: critical("1.2.3.4")}), finding.UnknownCritical, finding.Fatal},
		{"an unknown extension of the leaf", under(ca, testpki.Spec{Extra: []cert.Extension{{OID: "1.2.3.4", Value: []byte{5, 0}}}}), "", 0},
		{"a broken critical extension", under(ca, testpki.Spec{Extra: critical(oid.ExtCertificatePolicies)}), finding.MalformedExtension, finding.Fatal},
		{"broken basic constraints", middle(testpki.Spec{KeyUsage: cert.KeyCertSign, Extra: []cert.Extension{{OID: oid.ExtBasicConstraints, Value: []byte{0x30, 3, 1, 1, 1}}}}), finding.MalformedExtension, finding.Fatal},
		{"a leaf for signing in", in{leaf: ca.Issue(t, testpki.Spec{EKU: []oid.OID{oid.EKUClientAuth}, KeyUsage: cert.DigitalSignature}).Cert, between: []*cert.Certificate{ca.Cert}, purpose: Sign}, finding.PurposeForbids, finding.Fatal},
		{"a leaf for signing, to sign in", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert}, purpose: Auth}, finding.PurposeForbids, finding.Fatal},
		{"a leaf for signing, as time-stamp authority", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert}, purpose: TSA}, finding.PurposeForbids, finding.Fatal},
		{"a time-stamp authority", in{leaf: ca.Issue(t, testpki.Spec{EKU: []oid.OID{oid.EKUTimeStamping}}).Cert, between: []*cert.Certificate{ca.Cert}, purpose: TSA}, "", 0},
		{"a time-stamp authority that is something else too", in{leaf: ca.Issue(t, testpki.Spec{EKU: []oid.OID{oid.EKUTimeStamping, oid.EKUEmailProtection}}).Cert, between: []*cert.Certificate{ca.Cert}, purpose: TSA}, finding.PurposeForbids, finding.Fatal},
		{"a server by a signing certificate", in{leaf: good.Cert, between: []*cert.Certificate{ca.Cert}, purpose: Server}, finding.PurposeForbids, finding.Fatal},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := Input{Leaf: c.in.leaf, Intermediates: c.in.between, Anchors: c.in.anchors, Time: c.in.at, Purpose: c.in.purpose, MaxDepth: c.in.depth}
			if i.Anchors == nil {
				i.Anchors = []*cert.Certificate{root.Cert}
			}
			if i.Time.IsZero() {
				i.Time = testpki.Now
			}
			got := Validate(background, i)
			if c.want == "" {
				if !got.Valid() {
					t.Fatalf("findings %v", codes(got))
				}
				return
			}
			at := slices.IndexFunc(got.Findings, func(f finding.Finding) bool { return f.Code == c.want })
			if got.Valid() || at < 0 || got.Findings[at].Severity != c.severity {
				t.Fatalf("findings %+v, want %s", got.Findings, c.want)
			}
		})
	}
}

func TestPathLength(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	zero := root.Issue(t, testpki.Spec{Name: "ZERO", CA: true, MaxPath: -1})
	below := zero.Issue(t, testpki.Spec{Name: "BELOW", CA: true})
	rolled := zero.Issue(t, testpki.Spec{Name: "ZERO", CA: true})
	one := root.Issue(t, testpki.Spec{Name: "ONE", CA: true, MaxPath: 1})
	a := one.Issue(t, testpki.Spec{Name: "A", CA: true})
	b := a.Issue(t, testpki.Spec{Name: "B", CA: true})
	narrow := testpki.Root(t, testpki.Spec{Name: "NARROW", MaxPath: -1})
	first := narrow.Issue(t, testpki.Spec{Name: "FIRST", CA: true})
	for _, c := range []struct {
		name   string
		issuer *testpki.Party
		chain  []*testpki.Party
		want   bool
	}{
		{"pathlen 0 issues a person", zero, nil, true},
		{"pathlen 0 issues an authority", below, []*testpki.Party{zero}, false},
		{"pathlen 0 issues itself a new key", rolled, []*testpki.Party{zero}, true},
		{"pathlen 1, one below", a, []*testpki.Party{one}, true},
		{"pathlen 1, two below", b, []*testpki.Party{one, a}, false},
		{"an anchor of pathlen 0, one below", first, nil, false},
	} {
		var between []*cert.Certificate
		for _, p := range append(c.chain, c.issuer) {
			between = append(between, p.Cert)
		}
		got := Validate(background, Input{Leaf: c.issuer.Issue(t, testpki.Spec{}).Cert, Intermediates: between, Anchors: []*cert.Certificate{root.Cert, narrow.Cert}, Time: testpki.Now})
		if got.Valid() != c.want || !c.want && !got.Has(finding.PathTooLong) {
			t.Errorf("%s: %v", c.name, codes(got))
		}
	}
}

func TestDepthIsCapped(t *testing.T) {
	issuer := testpki.Root(t, testpki.Spec{})
	anchors := []*cert.Certificate{issuer.Cert}
	var between []*cert.Certificate
	for i := range 9 {
		issuer = issuer.Issue(t, testpki.Spec{Name: "CA" + string(rune('0'+i)), CA: true})
		between = append(between, issuer.Cert)
		got := Validate(background, Input{Leaf: issuer.Issue(t, testpki.Spec{}).Cert, Intermediates: between, Anchors: anchors, Time: testpki.Now})
		if deep := i >= 8; got.Valid() == deep || deep && !got.Has(finding.ChainTooDeep) {
			t.Errorf("%d intermediates: %v", i+1, codes(got))
		}
	}
	got := Validate(background, Input{Leaf: between[2], Intermediates: between[:2], Anchors: anchors, Time: testpki.Now, MaxDepth: 1})
	if got.Valid() || !got.Has(finding.ChainTooDeep) {
		t.Errorf("two intermediates, one allowed: %v", codes(got))
	}
}

func TestAHostileBagOfCertificatesIsBounded(t *testing.T) {
	// A hundred authorities of one name, all signed by each other's key: without caps there are 100! chains.
	a := testpki.Root(t, testpki.Spec{Name: "SAME", NoKeyIDs: true})
	var bag []*cert.Certificate
	for range 100 {
		bag = append(bag, a.Issue(t, testpki.Spec{Name: "SAME", CA: true, Key: a.Key, NoKeyIDs: true, Issuer: a.Cert.RawSubject}).Cert)
	}
	start := time.Now()
	got := Validate(background, Input{Leaf: a.Issue(t, testpki.Spec{NoKeyIDs: true}).Cert, Intermediates: bag, Anchors: []*cert.Certificate{testpki.Root(t, testpki.Spec{}).Cert}, Time: testpki.Now})
	if got.Valid() || time.Since(start) > 5*time.Second {
		t.Errorf("valid %v after %v", got.Valid(), time.Since(start))
	}
	// The right chain is found in spite of a bag of bad ones.
	root := testpki.Root(t, testpki.Spec{})
	ca := root.Issue(t, testpki.Spec{Name: "SAME", CA: true})
	got = Validate(background, Input{Leaf: ca.Issue(t, testpki.Spec{}).Cert, Intermediates: append(bag, ca.Cert), Anchors: []*cert.Certificate{root.Cert}, Time: testpki.Now})
	if !got.Valid() {
		t.Errorf("the right one in the bag: %v", codes(got))
	}
}

func TestAnyValidChainWins(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	expired := root.Issue(t, testpki.Spec{Name: "CA", CA: true, NotAfter: testpki.Now.Add(-time.Hour)})
	renewed := root.Issue(t, testpki.Spec{Name: "CA", CA: true, Key: expired.Key})
	leaf := expired.Issue(t, testpki.Spec{}).Cert
	for _, between := range [][]*cert.Certificate{{expired.Cert, renewed.Cert}, {renewed.Cert, expired.Cert}} {
		if got := Validate(background, Input{Leaf: leaf, Intermediates: between, Anchors: []*cert.Certificate{root.Cert}, Time: testpki.Now}); !got.Valid() {
			t.Errorf("findings %v", codes(got))
		}
	}
}
