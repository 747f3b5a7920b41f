package audit

import "fmt"

// A Problem is one disagreement that Verify found. Code is stable; Detail is for an auditor, in English.
type Problem struct {
	Code    string `json:"code"`
	Subject string `json:"subject,omitempty"` // of an entry its number, of a certificate issuer/serial, of an application its number
	Detail  string `json:"detail,omitempty"`
}

func (p Problem) String() string {
	s := p.Code
	if p.Subject != "" {
		s += " " + p.Subject
	}
	if p.Detail != "" {
		s += ": " + p.Detail
	}
	return s
}

// A Report is what Verify found.
type Report struct {
	Entries      int64 `json:"entries"`      // committed
	Integrated   int64 `json:"integrated"`   // in the tree
	Signed       int64 `json:"signed"`       // under a checkpoint that verifies
	Checkpoints  int   `json:"checkpoints"`  // in the store
	Exported     int   `json:"exported"`     // outside it
	Certificates int   `json:"certificates"` // in the register, at any stage
	Applications int   `json:"applications"`
	Lists        int   `json:"lists"`

	Open     []string  `json:"open,omitempty"`     // issuances that were begun and not finished, issuer/serial
	Notes    []Problem `json:"notes,omitempty"`    // worth knowing, no fault
	Problems []Problem `json:"problems,omitempty"` // at most maxProblems
	More     int       `json:"more,omitempty"`     // problems beyond those
}

// maxProblems caps the list: after a few hundred the next says nothing new, and a forged store may have millions.
const maxProblems = 500

// OK reports whether log, register and published lists agree.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// Has reports whether a problem of that code was found.
func (r Report) Has(code string) bool {
	for _, p := range r.Problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

func (r *Report) problem(code, subject, format string, args ...any) {
	if len(r.Problems) == maxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, Problem{code, subject, fmt.Sprintf(format, args...)})
}

func (r *Report) note(code, subject, format string, args ...any) {
	if len(r.Notes) < maxProblems {
		r.Notes = append(r.Notes, Problem{code, subject, fmt.Sprintf(format, args...)})
	}
}
