-- The store of an authority. Times are microseconds since 1970 in UTC, NULL when not set.

CREATE TABLE person (
	iin TEXT PRIMARY KEY,
	surname TEXT NOT NULL,
	name TEXT NOT NULL,
	patronymic TEXT NOT NULL,
	updated {int}
);

CREATE TABLE staff (
	iin TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	totp {blob} NOT NULL,          -- sealed
	last_totp {int} NOT NULL,
	failures {int} NOT NULL,
	locked {int},
	removed {int} NOT NULL,
	created {int}
);

CREATE TABLE challenge (
	nonce TEXT PRIMARY KEY,
	purpose TEXT NOT NULL,
	subject TEXT NOT NULL,
	args TEXT NOT NULL,            -- JSON object
	body TEXT NOT NULL,            -- the text that is signed
	origin TEXT NOT NULL,
	created {int},
	expires {int} NOT NULL,
	used {int} NOT NULL
);
CREATE INDEX challenge_expires ON challenge (expires);

CREATE TABLE application (
	number TEXT PRIMARY KEY,
	state TEXT NOT NULL,
	iin TEXT NOT NULL,
	locality TEXT NOT NULL,
	created {int} NOT NULL,
	deadline {int},
	version {int} NOT NULL,
	body TEXT NOT NULL             -- everything else, JSON
);
CREATE INDEX application_state ON application (state, created, number);
CREATE INDEX application_iin ON application (iin, created, number);
CREATE INDEX application_created ON application (created, number);
CREATE INDEX application_deadline ON application (deadline) WHERE deadline IS NOT NULL;

CREATE TABLE certificate (
	issuer TEXT NOT NULL,
	serial TEXT NOT NULL,
	profile TEXT NOT NULL,
	application TEXT NOT NULL,     -- empty for staff and services
	iin TEXT NOT NULL,
	name TEXT NOT NULL,
	name_fold TEXT NOT NULL,       -- for search
	key_hash {blob} NOT NULL,
	tbs {blob} NOT NULL,
	der {blob},                    -- NULL until issued
	not_before {int} NOT NULL,
	not_after {int} NOT NULL,
	stage TEXT NOT NULL,
	status TEXT NOT NULL,
	status_at {int},
	reason {int} NOT NULL,         -- -1 when absent
	invalidity {int},
	prepared {int} NOT NULL,
	issued {int},
	PRIMARY KEY (serial, issuer)   -- in this order it serves search by serial too
);
-- One certificate for a key, ever: an abandoned row is no certificate.
CREATE UNIQUE INDEX certificate_key ON certificate (key_hash) WHERE stage <> 'abandoned';
CREATE INDEX certificate_application ON certificate (application) WHERE application <> '';
CREATE INDEX certificate_iin ON certificate (iin, prepared);
CREATE INDEX certificate_name ON certificate (name_fold);
CREATE INDEX certificate_revoked ON certificate (issuer, not_after) WHERE status <> 'valid';
CREATE INDEX certificate_open ON certificate (prepared) WHERE stage = 'prepared';

CREATE TABLE audit_entry (
	seq {int} PRIMARY KEY,         -- 1, 2, 3 … without a gap
	time {int} NOT NULL,
	act TEXT NOT NULL,
	actor TEXT NOT NULL,
	subject TEXT NOT NULL,
	payload {blob} NOT NULL,
	salt {blob} NOT NULL,
	leaf {blob} NOT NULL
);
CREATE INDEX audit_subject ON audit_entry (subject, seq);

-- Hashes of the tree in the order of tlog; a row holds those that were stored together.
CREATE TABLE audit_hashes (
	first {int} PRIMARY KEY,
	hashes {blob} NOT NULL
);

CREATE TABLE audit_checkpoint (
	size {int} PRIMARY KEY,
	note {blob} NOT NULL,
	time {int} NOT NULL
);

CREATE TABLE notice (
	id {id},
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	args TEXT NOT NULL,            -- JSON object
	due {int} NOT NULL,
	lease {int},
	tries {int} NOT NULL,
	created {int}
);
CREATE INDEX notice_due ON notice (kind, due, id);

CREATE TABLE crl (
	issuer TEXT PRIMARY KEY,
	number {int} NOT NULL,
	der {blob} NOT NULL,
	this_update {int} NOT NULL,
	next_update {int}
);
