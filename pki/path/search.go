package path

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/finding"
)

// Caps on the search. Whoever sends a message chooses its certificates, and could send two hundred of one name that all
// sign each other.
const (
	maxSignatures = 100 // signature checks of certificates in all
	maxCandidates = 16  // issuers tried for one certificate
	maxVisits     = 500 // certificates that a chain was extended from
	maxChains     = 16  // complete chains that are judged
)

// A search builds chains from the leaf up, depth first, anchors before intermediates.
type search struct {
	ctx        context.Context
	in         Input
	signatures int
	visits     int
	chains     int
	checked    map[edge]error // nil means that the signature verifies
	lists      map[listEdge]error
	statuses   map[edge]status // so that several chains ask the network once
	best       *Result
	bestRank   int
	done       bool
}

type edge struct{ child, issuer *cert.Certificate }

type listEdge struct {
	list   *crl.List
	issuer *cert.Certificate
}

type status struct {
	revocation Revocation
	found      []finding.Finding
}

func newSearch(ctx context.Context, in Input) *search {
	return &search{ctx: ctx, in: in, checked: map[edge]error{}, lists: map[listEdge]error{}, statuses: map[edge]status{}}
}

// extend judges the chain when its last certificate is an anchor, and else tries every issuer for it. found are findings of the
// edges so far.
func (v *search) extend(chain []*cert.Certificate, found []finding.Finding) {
	v.visits++
	last := chain[len(chain)-1]
	if len(chain) == 1 && v.isAnchor(last) {
		v.judge(chain, found)
		if v.done {
			return
		}
	}
	candidates, anchors := v.candidates(last, chain)
	var refused []finding.Finding
	deep := false
	for i, issuer := range candidates {
		if v.done || v.visits > maxVisits || v.chains >= maxChains {
			return
		}
		matches := keyIDsMatch(last, issuer)
		if err := v.check(last, issuer); err != nil {
			// An authority of the same name with another key is no candidate: two generations of roots share a name.
			if matches != differ {
				refused = append(refused, v.refusal(last, issuer, err))
			}
			continue
		}
		edgeFound := found
		if matches == differ {
			edgeFound = append(slices.Clone(found), newFinding(finding.KeyIDMismatch, finding.Warning, last))
		}
		next := append(slices.Clone(chain), issuer)
		if i < anchors {
			v.judge(next, edgeFound)
			continue
		}
		if len(next)-1 > v.in.MaxDepth {
			deep = true
			continue
		}
		v.extend(next, edgeFound)
	}
	switch {
	case v.done:
	case len(refused) > 0:
		v.offer(chain, append(slices.Clone(found), refused[0]), 1)
	case deep:
		v.offer(chain, append(slices.Clone(found), newFinding(finding.ChainTooDeep, finding.Fatal, v.in.Leaf)), 1)
	default:
		v.offer(chain, append(slices.Clone(found), newFinding(finding.NoChain, finding.Missing, last)), 0)
	}
}

func (v *search) isAnchor(c *cert.Certificate) bool {
	return contains(v.in.Anchors, c)
}

func contains(list []*cert.Certificate, c *cert.Certificate) bool {
	return slices.ContainsFunc(list, func(o *cert.Certificate) bool { return bytes.Equal(o.Raw, c.Raw) })
}

// candidates are the certificates whose name is that of the issuer: first the anchors, whose number is the second result, then
// the intermediates; within each those whose key identifier is the one named come first.
func (v *search) candidates(c *cert.Certificate, chain []*cert.Certificate) ([]*cert.Certificate, int) {
	pick := func(list []*cert.Certificate) []*cert.Certificate {
		var first, rest []*cert.Certificate
		for _, issuer := range list {
			if !cert.EqualName(issuer.RawSubject, c.RawIssuer) || inChain(chain, issuer) || contains(first, issuer) || contains(rest, issuer) {
				continue
			}
			if keyIDsMatch(c, issuer) == same {
				first = append(first, issuer)
			} else {
				rest = append(rest, issuer)
			}
		}
		all := append(first, rest...)
		return all[:min(len(all), maxCandidates)]
	}
	anchors := pick(v.in.Anchors)
	others := slices.DeleteFunc(pick(v.in.Intermediates), v.isAnchor)
	return append(anchors, others...), len(anchors)
}

// inChain also counts a certificate with the name and key of one that is there: it would only make a loop longer.
func inChain(chain []*cert.Certificate, c *cert.Certificate) bool {
	return slices.ContainsFunc(chain, func(o *cert.Certificate) bool {
		return bytes.Equal(o.Raw, c.Raw) || bytes.Equal(o.RawSubject, c.RawSubject) && bytes.Equal(o.RawSPKI, c.RawSPKI)
	})
}

type match int

const (
	silent match = iota // one of the two says nothing
	same
	differ
)

func keyIDsMatch(child, issuer *cert.Certificate) match {
	switch {
	case len(child.AuthorityKeyID.KeyID) == 0 || len(issuer.SubjectKeyID) == 0:
		return silent
	case bytes.Equal(child.AuthorityKeyID.KeyID, issuer.SubjectKeyID):
		return same
	}
	return differ
}

var errTooMany = errors.New("too many certificates to try")

// check verifies child's signature with issuer's key, once.
func (v *search) check(child, issuer *cert.Certificate) error {
	e := edge{child, issuer}
	if err, known := v.checked[e]; known {
		return err
	}
	if v.signatures >= maxSignatures {
		return errTooMany
	}
	v.signatures++
	err := v.verify(child.Signed(), issuer.PublicKey)
	v.checked[e] = err
	return err
}

// maxModulus caps the keys that weak signatures are computed with, in bits; a larger one would only take time.
const maxModulus = 8192

// verify checks a signature. Under Lax a weak one counts, too; whoever asks reports what weakness says of it.
func (v *search) verify(s cert.Signed, pub *alg.PublicKey) error {
	err := s.Check(pub)
	if err == nil || !v.in.Lax || pub == nil || pub.BitLen() > maxModulus {
		return err
	}
	_, err = s.CheckLax(pub)
	return err
}

// weakness says why a signature of this algorithm by this key proves little; nil when it is strong, or not known at all.
func weakness(id alg.Identifier, pub *alg.PublicKey) error {
	scheme, err := alg.SchemeByID(id, pub)
	if err != nil {
		return nil
	}
	return alg.Acceptable(pub, scheme.Hash)
}

// refusal is the finding of a signature that could have been the issuer's and isn't.
func (v *search) refusal(child, issuer *cert.Certificate, err error) finding.Finding {
	switch {
	case errors.Is(err, alg.ErrUnsupported):
		return newFinding(finding.UnsupportedAlgorithm, finding.Fatal, child, "oid", string(child.SignatureAlgorithm.OID))
	case errors.Is(err, errTooMany):
		return newFinding(finding.NoChain, finding.Missing, child)
	}
	if weak := weakness(child.SignatureAlgorithm, issuer.PublicKey); weak != nil && !v.in.Lax {
		return newFinding(finding.WeakAlgorithm, finding.Fatal, issuer, "what", weak.Error())
	}
	return newFinding(finding.BadSignature, finding.Fatal, child)
}

// judge applies the rules to a complete chain and, where they hold, looks at revocation.
func (v *search) judge(chain []*cert.Certificate, found []finding.Finding) {
	v.chains++
	found = append(slices.Clone(found), v.rules(chain)...)
	revocations := make([]Revocation, len(chain))
	for i := range revocations {
		revocations[i] = Revocation{Status: unknown, Reason: -1}
	}
	if v.in.Revocation != None && worst(found) < finding.Fatal {
		for i := range len(chain) - 1 {
			r, f := v.revocation(chain[i], chain[i+1], i == 0)
			revocations[i] = r
			found = append(found, f...)
		}
	}
	rank := 30 - 10*int(worst(found))
	v.keep(Result{Chain: chain, Revocations: revocations, Findings: found}, rank)
	v.done = v.done || worst(found) < finding.Missing
}

// offer keeps an incomplete chain, if there is nothing better. Any complete chain is better; of incomplete ones a longer.
func (v *search) offer(chain []*cert.Certificate, found []finding.Finding, rank int) {
	revocations := make([]Revocation, len(chain))
	for i := range revocations {
		revocations[i] = Revocation{Status: unknown, Reason: -1}
	}
	v.keep(Result{Chain: chain, Revocations: revocations, Findings: found}, rank)
}

func (v *search) keep(r Result, rank int) {
	longer := v.best != nil && rank == v.bestRank && rank < 10 && len(r.Chain) > len(v.best.Chain)
	if v.best == nil || rank > v.bestRank || longer {
		v.best, v.bestRank = &r, rank
	}
}

func (v *search) result() Result {
	if v.best == nil {
		return Result{Chain: []*cert.Certificate{v.in.Leaf}, Revocations: []Revocation{{Status: unknown, Reason: -1}},
			Findings: []finding.Finding{newFinding(finding.NoChain, finding.Missing, v.in.Leaf)}}
	}
	return *v.best
}
