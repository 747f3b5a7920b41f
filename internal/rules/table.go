// Package rules holds the rules that every change to this repository is checked against: which package may reach which,
// and the habits that a machine can see. docs/architecture.md says the same in words and as a picture.
//
// Its test is the whole of it: it asks the go command for the imports of three builds (linux, js/wasm, linux with the
// tag pkcs11) and reads our own files for the rest. A rule is changed here, in the open, with its reason.
package rules

// A row forbids some packages to reach others, directly or through any number of imports.
//
// Patterns are those of the go command: "./pki/..." is our package pki and all below it, "./authority" only that one,
// and without "./" the package is of the standard library or of another module. {x} stands for one path element, the
// same one throughout the row.
type row struct {
	from    []string
	but     []string // taken out of from
	never   []string
	except  []string // taken out of never
	because string
}

// otherModules is the pattern of every package that is neither ours nor of the standard library.
const otherModules = "other modules"

// table is every row there is. Tests are exempt: a test may wire what the program may not.
var table = []row{
	{
		from:    []string{"./der/...", "./base/...", "./iin/...", "./oid/...", "./mrz/..."},
		never:   []string{"./..."},
		except:  []string{"./der/...", "./base/...", "./iin/...", "./oid/...", "./mrz/..."},
		because: "the ground floor is reusable by anyone",
	},
	{
		from:    []string{"./alg/...", "./gost/..."},
		never:   []string{"./..."},
		except:  []string{"./der/...", "./base/...", "./iin/...", "./oid/...", "./mrz/...", "./alg/...", "./gost/..."},
		because: "algorithms are reusable by anyone",
	},
	{
		from:    []string{"./der/...", "./base/...", "./iin/...", "./oid/...", "./mrz/...", "./alg/...", "./gost/..."},
		never:   []string{otherModules},
		except:  []string{"golang.org/x/crypto/...", "golang.org/x/sys/cpu"},
		because: "the two lowest floors stand on the standard library and x/crypto only",
	},
	{
		from:    []string{"./pki/...", "./sig/...", "./keyfile/...", "./hsm/..."},
		never:   []string{"./authority/...", "./web/...", "./room/...", "./agent/...", "./online/...", "./cmd/...", "database/sql/...", "net/http/..."},
		because: "formats know no storage and no network; fetching is an interface that the caller gives",
	},
	{
		from:    []string{"./authority/..."},
		but:     []string{"./authority/store/...", "./authority/gate/..."},
		never:   []string{"./web/...", "./room/...", "./cmd/...", "net/http/...", "html/template", "database/sql/..."},
		because: "the domain is tested in memory",
	},
	{
		from:    []string{"./..."},
		but:     []string{"./cmd/...", "./internal/...", "./authority/store/...", "./authority/gate/..."},
		never:   []string{"./authority/store/...", "./authority/gate/..."},
		because: "wiring is in one place, the command",
	},
	{
		from:    []string{"./web/kit/..."},
		never:   []string{"./authority/...", "./pki/...", "./sig/..."},
		because: "a component of a page can't know a certificate",
	},
	{
		from:    []string{"./room/{x}/..."},
		never:   []string{"./room/..."},
		except:  []string{"./room/{x}/...", "./room/part/..."},
		because: "rooms talk over published protocols; what they share is in room/part",
	},
	{
		from:    []string{"./room/status/..."},
		never:   []string{"./authority/issue/...", "./authority/application/...", "./authority/account/...", "./authority/person/..."},
		because: "status works when issuance is down",
	},
	{
		from:    []string{"./room/egov/...", "./room/office/...", "./room/tax/...", "./room/staff/..."},
		never:   []string{"./authority/..."},
		because: "a relying system has no back door into the authority",
	},
	{
		from:    []string{"./agent/...", "./cmd/senim-agent/..."},
		never:   []string{"./authority/...", "./room/...", "./web/session/..."},
		because: "no server code on the citizen's machine",
	},
	{
		from:    []string{"./cmd/senim-wasm/..."},
		never:   []string{"crypto/x509", "crypto/tls", "net", "encoding/json", "./authority/..."},
		because: "the page downloads it, often on a phone",
	},
	{
		from:    []string{"./..."},
		but:     []string{"./internal/..."},
		never:   []string{"./internal/..."},
		because: "internal holds tools and what only tests use",
	},
}

// floors are our packages from the ground up: a package imports packages of its own floor and of those below. The
// first pattern that matches counts.
var floors = [][]string{
	{"./der/...", "./base/...", "./iin/...", "./oid/...", "./mrz/..."},
	{"./alg/...", "./gost/..."},
	{"./pki/..."},
	{"./sig/...", "./keyfile/..."},
	{"./web/...", "./online/...", "./report/...", "./hsm/..."},
	{"./authority/person/...", "./authority/profile/...", "./authority/lint/...", "./authority/audit/...", "./authority/registry/...", "./authority/notice/...", "./authority/statement/..."},
	{"./authority/ca/...", "./authority/application/...", "./authority/account/..."},
	{"./authority/issue/...", "./authority/revoke/...", "./authority/publish/...", "./authority/stamp/...", "./authority/accredit/..."},
	{"./authority"},
	{"./authority/store/...", "./authority/gate/...", "./agent/..."},
	{"./room/..."},
	{"./cmd/..."},
	{"./internal/..."},
}

// A call may be written only in the packages of only. Configuration and time come in by value.
type call struct {
	pkg   string
	names []string // empty: the whole package
	only  []string
}

var calls = []call{
	{"os", []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, []string{"./cmd/...", "./internal/..."}},
	{"flag", nil, []string{"./cmd/...", "./internal/..."}},
	{"log", []string{"Fatal", "Fatalf", "Fatalln"}, []string{"./cmd/...", "./internal/..."}},
	{"time", []string{"Now", "Since", "Until"}, []string{"./base/clock", "./cmd/...", "./internal/..."}},
}

// A folder or package of such a name would say nothing about what is in it.
var emptyNames = []string{"util", "utils", "common", "helper", "helpers", "models", "types"}

// Beyond these a file or a package wants a reason in its package comment, which names the file, or says "3,000 lines".
// Tests and generated code apart.
const (
	maxFile    = 700
	maxPackage = 3000
)
