package sql

import (
	"strings"
	"time"

	"github.com/senim-pki/senim/authority/registry"
)

const certificateColumns = `issuer, serial, profile, application, iin, name, key_hash, tbs, der, not_before, not_after,
	stage, status, status_at, reason, invalidity, prepared, issued`

var (
	insertCertificate = prepare(`INSERT INTO certificate (issuer, serial, profile, application, iin, name, key_hash, tbs, der, not_before, not_after,
		stage, status, status_at, reason, invalidity, prepared, issued, name_fold)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
	// The stage in the condition is what keeps a certificate from being issued twice, or after its serial was abandoned.
	issueCertificate  = prepare(`UPDATE certificate SET stage = 'issued', der = ?, issued = ? WHERE issuer = ? AND serial = ? AND stage = 'prepared'`)
	updateCertificate = prepare(`UPDATE certificate SET stage = ?, status = ?, status_at = ?, reason = ?, invalidity = ?
		WHERE issuer = ? AND serial = ? AND (stage = ? OR (stage = 'prepared' AND ? = 'abandoned'))`)
	getCertificate   = prepare(`SELECT ` + certificateColumns + ` FROM certificate WHERE issuer = ? AND serial = ?`)
	certificatesOf   = prepare(`SELECT ` + certificateColumns + ` FROM certificate WHERE application = ? AND application <> '' ORDER BY prepared, serial, issuer`)
	certificateByKey = prepare(`SELECT ` + certificateColumns + ` FROM certificate WHERE key_hash = ? AND stage <> 'abandoned'`)
	revoked          = prepare(`SELECT ` + certificateColumns + ` FROM certificate
		WHERE issuer = ? AND status <> 'valid' AND stage = 'issued' AND not_after > ? ORDER BY serial`)
	certificatesAfter = prepare(`SELECT ` + certificateColumns + ` FROM certificate
		WHERE (serial, issuer) > (?, ?) ORDER BY serial, issuer LIMIT 200`)
)

func scanCertificate(row scanner) (c registry.Certificate, err error) {
	err = row.Scan(&c.Issuer, &c.Serial, &c.Profile, &c.Application, &c.IIN, &c.Name, digest{&c.KeyHash}, &c.TBS, &c.DER,
		instant{&c.NotBefore}, instant{&c.NotAfter}, &c.Stage, &c.Status, instant{&c.StatusAt}, &c.Reason, instant{&c.Invalidity},
		instant{&c.Prepared}, instant{&c.IssuedAt})
	return c, err
}

// der is NULL for a certificate that does not exist yet.
func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

func (t *Tx) InsertCertificate(c registry.Certificate) error {
	rows, err := t.exec(insertCertificate, c.Issuer, c.Serial, c.Profile, c.Application, c.IIN, c.Name, c.KeyHash[:], octets(c.TBS), orNull(c.DER),
		c.NotBefore.UnixMicro(), c.NotAfter.UnixMicro(), string(c.Stage), string(c.Status), micros(c.StatusAt), c.Reason, micros(c.Invalidity),
		c.Prepared.UnixMicro(), micros(c.IssuedAt), registry.FoldName(c.Name))
	if err != nil {
		return wrap("insert a certificate", err)
	}
	if rows == 0 {
		if _, err := t.Certificate(c.Issuer, c.Serial); err == nil {
			return conflict(registry.CodeSerialTaken)
		}
		return conflict(registry.CodeKeyTaken)
	}
	return nil
}

func (t *Tx) IssueCertificate(c registry.Certificate) error {
	rows, err := t.exec(issueCertificate, octets(c.DER), micros(c.IssuedAt), c.Issuer, c.Serial)
	return t.staged(c, rows, err)
}

func (t *Tx) UpdateCertificate(c registry.Certificate) error {
	stage := string(c.Stage)
	rows, err := t.exec(updateCertificate, stage, string(c.Status), micros(c.StatusAt), c.Reason, micros(c.Invalidity), c.Issuer, c.Serial, stage, stage)
	return t.staged(c, rows, err)
}

// staged says why an update found no row: it is not there, or at another stage.
func (t *Tx) staged(c registry.Certificate, rows int64, err error) error {
	if err != nil {
		return wrap("update a certificate", err)
	}
	if rows > 0 {
		return nil
	}
	if _, err := t.Certificate(c.Issuer, c.Serial); err != nil {
		return err
	}
	return conflict(registry.CodeStage)
}

func (t *Tx) certificate(q *query, args ...any) (registry.Certificate, error) {
	found, err := all(t, q, scanCertificate, args...)
	if err != nil {
		return registry.Certificate{}, wrap("read a certificate", err)
	}
	if len(found) == 0 {
		return registry.Certificate{}, notFound("certificate")
	}
	return found[0], nil
}

func (t *Tx) Certificate(issuer, serial string) (registry.Certificate, error) {
	return t.certificate(getCertificate, issuer, serial)
}

func (t *Tx) CertificateByKey(hash [32]byte) (registry.Certificate, error) {
	return t.certificate(certificateByKey, hash[:])
}

func (t *Tx) CertificatesOf(number string) ([]registry.Certificate, error) {
	found, err := all(t, certificatesOf, scanCertificate, number)
	return found, wrap("read the certificates of an application", err)
}

func (t *Tx) RevokedCertificates(issuer string, notAfter time.Time) ([]registry.Certificate, error) {
	found, err := all(t, revoked, scanCertificate, issuer, notAfter.UnixMicro())
	return found, wrap("read revoked certificates", err)
}

func (t *Tx) FindCertificates(f registry.Filter) ([]registry.Certificate, error) {
	text := `SELECT ` + certificateColumns + ` FROM certificate`
	var where []string
	var args []any
	and := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	if f.IIN != "" {
		and(`iin = ?`, f.IIN)
	}
	if f.Serial != "" {
		and(`serial >= ? AND serial < ?`, f.Serial, beyond(f.Serial))
	}
	if name := registry.FoldName(f.NamePrefix); name != "" {
		and(`name_fold >= ? AND name_fold < ?`, name, beyond(name))
	}
	if f.Stage != "" {
		and(`stage = ?`, string(f.Stage))
	}
	if len(where) > 0 {
		text += ` WHERE ` + strings.Join(where, ` AND `)
	}
	text += ` ORDER BY prepared DESC, serial, issuer LIMIT ?`
	found, err := free(t, text, scanCertificate, append(args, limited(f.Limit))...)
	return found, wrap("find certificates", err)
}

// beyond sorts after every text that begins with prefix: no letter sorts after the last of Unicode.
func beyond(prefix string) string { return prefix + "\U0010FFFF" }

func (t *Tx) EachCertificate(f func(registry.Certificate) error) error {
	var issuer, serial string
	for {
		found, err := all(t, certificatesAfter, scanCertificate, serial, issuer)
		if err != nil {
			return wrap("read certificates", err)
		}
		if len(found) == 0 {
			return nil
		}
		for _, c := range found {
			if err := f(c); err != nil {
				return err
			}
		}
		last := found[len(found)-1]
		issuer, serial = last.Issuer, last.Serial
	}
}
