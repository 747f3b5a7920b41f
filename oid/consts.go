package oid

// National algorithms, register of the Republic of Kazakhstan, arc 1.2.398.3.10.1 (facts/kz-pki.md section 1.1).
const (
	KZ           OID = "1.2.398"
	KZAlgorithms OID = "1.2.398.3.10.1"

	KZGost2004Key        OID = "1.2.398.3.10.1.1.1.1"   // GOST 34.310-2004 key; the C library also names signatures so
	KZParam2004A         OID = "1.2.398.3.10.1.1.1.1.1" // curve CryptoPro-A
	KZParam2004B         OID = "1.2.398.3.10.1.1.1.1.2" // curve not public
	KZParam2004C         OID = "1.2.398.3.10.1.1.1.1.3" // curve not public
	KZParam2004D         OID = "1.2.398.3.10.1.1.1.1.4" // curve not public
	KZGost2004WithGost95 OID = "1.2.398.3.10.1.1.1.2"

	KZGost2015256Key             OID = "1.2.398.3.10.1.1.2.1"
	KZParam2015256A              OID = "1.2.398.3.10.1.1.2.1.1"
	KZGost2015512Key             OID = "1.2.398.3.10.1.1.2.2"
	KZParam2015512A              OID = "1.2.398.3.10.1.1.2.2.1"
	KZGost2015256WithStreebog256 OID = "1.2.398.3.10.1.1.2.3.1"
	KZGost2015512WithStreebog512 OID = "1.2.398.3.10.1.1.2.3.2"

	KZGost95Digest  OID = "1.2.398.3.10.1.3.1"     // GOST 34.311-95
	KZHashParamTest OID = "1.2.398.3.10.1.3.1.1.0" // digestParamSet of every GOST-2004 key
	KZHashParam1    OID = "1.2.398.3.10.1.3.1.1.1" // register only
	KZStreebog256   OID = "1.2.398.3.10.1.3.2"
	KZStreebog512   OID = "1.2.398.3.10.1.3.3"

	KZAgreement256Key    OID = "1.2.398.3.10.1.4.1.1"
	KZAgreementParam256A OID = "1.2.398.3.10.1.4.1.1.1"
	KZAgreement512Key    OID = "1.2.398.3.10.1.4.1.2"
	KZAgreementParam512A OID = "1.2.398.3.10.1.4.1.2.1"
)

// Algorithms of Gamma Technologies (Tumar CSP), met before 2016; their byte format is not public.
const (
	GammaGostGT      OID = "1.3.6.1.4.1.6801.1.2.2"
	GammaGost34311GT OID = "1.3.6.1.4.1.6801.1.2.1"
	GammaTumarKey    OID = "1.3.6.1.4.1.6801.1.5.8"
)

// National policies (facts/kz-pki.md section 1.2).
const (
	KZRootPolicy             OID = "1.2.398.3.1.2"
	KZNCARegulation          OID = "1.2.398.3.3.1.1"
	KZNCAPolicy              OID = "1.2.398.3.3.2"
	KZPolicyLegalSign        OID = "1.2.398.3.3.2.1"
	KZPolicyLegalAuth        OID = "1.2.398.3.3.2.2"
	KZPolicyIndividualSign   OID = "1.2.398.3.3.2.3"
	KZPolicyIndividualAuth   OID = "1.2.398.3.3.2.4"
	KZPolicySSL              OID = "1.2.398.3.3.2.5"
	KZPolicyTSA              OID = "1.2.398.3.3.2.6"
	KZPolicyTSAGost2004      OID = "1.2.398.3.3.2.6.1"
	KZPolicyTSARSA           OID = "1.2.398.3.3.2.6.2"
	KZPolicyTSAGostGT        OID = "1.2.398.3.3.2.6.3"
	KZPolicyTSAGost2015512   OID = "1.2.398.3.3.2.6.4"
	KZGovernmentCA           OID = "1.2.398.3.2"
	KZTreasuryRegulation     OID = "1.2.398.5.19.1.2.2.1.1"
	KZTreasurySignPolicy     OID = "1.2.398.5.19.1.2.2.1.2"
	KZTreasuryAuthPolicy     OID = "1.2.398.5.19.1.2.2.1.3"
	KZOrganisations          OID = "1.2.398.6"
	KZInformationSystems     OID = "1.2.398.7"
	KZTestInformationSystem1 OID = "1.2.398.6.10.1.1" // UID of the test information system
)

// National purposes, in extKeyUsage: who the holder is, and in which role (facts/kz-pki.md section 1.2).
const (
	KZEKU                  OID = "1.2.398.3.3.4"
	KZEKUIndividual        OID = "1.2.398.3.3.4.1.1"
	KZEKUIndividualSystem  OID = "1.2.398.3.3.4.1.1.1"
	KZEKULegal             OID = "1.2.398.3.3.4.1.2"   // always beside a role
	KZEKUHead              OID = "1.2.398.3.3.4.1.2.1" // first head
	KZEKUSignRight         OID = "1.2.398.3.3.4.1.2.2" // person with the right to sign
	KZEKUFinanceSignRight  OID = "1.2.398.3.3.4.1.2.3" // the same for financial documents
	KZEKUHR                OID = "1.2.398.3.3.4.1.2.4"
	KZEKUEmployee          OID = "1.2.398.3.3.4.1.2.5"
	KZEKUInformationSystem OID = "1.2.398.3.3.4.1.2.6"
	KZEKUTreasury          OID = "1.2.398.5.19.1.2.2.1"
	KZEKUPowers            OID = "1.2.398.3.3.4.2"
	KZEKUAdministrator     OID = "1.2.398.3.3.4.2.1"
	KZEKUManager           OID = "1.2.398.3.3.4.2.2"
	KZEKUOperator          OID = "1.2.398.3.3.4.2.3"

	KZIdentification           OID = "1.2.398.3.3.4.3"
	KZIdentifiedByCentre       OID = "1.2.398.3.3.4.3.1"
	KZIdentifiedRemotely       OID = "1.2.398.3.3.4.3.2"
	KZIdentifiedByDigitalID    OID = "1.2.398.3.3.4.3.2.1"
	KZIdentifiedByAIPlatform   OID = "1.2.398.3.3.4.3.2.2"
	KZEKUBTSIndividual         OID = "1.2.398.3.17.3.1"
	KZEKUBTSLegal              OID = "1.2.398.3.17.3.2"
	KZEKUBTSHead               OID = "1.2.398.3.17.3.3"
	KZEKUBTSSignRight          OID = "1.2.398.3.17.3.4"
	KZEKUBTSFinanceSignRight   OID = "1.2.398.3.17.3.5"
	KZEKUBTSHR                 OID = "1.2.398.3.17.3.6"
	KZEKUBTSEmployee           OID = "1.2.398.3.17.3.7"
	KZEKUCivilServant          OID = "1.2.398.3.2.3.4"
	KZEKUPresidentialArchive   OID = "1.2.398.3.2.3.1"
	KZEKUCentralStateArchive   OID = "1.2.398.3.2.3.2"
	KZEKUDepartmentalArchivist OID = "1.2.398.3.2.3.3"
)

// National key storages: KZKeyStore is the extension of certificates and requests, the others are its values.
const (
	KZKeyStore        OID = "1.2.398.3.3.5"
	KZStorePKCS12     OID = "1.2.398.3.3.5.1.1"
	KZStoreJKS        OID = "1.2.398.3.3.5.1.2"
	KZStoreIDCard     OID = "1.2.398.3.3.5.2.1"
	KZStoreKaztoken   OID = "1.2.398.3.3.5.2.2"
	KZStoreEToken72K  OID = "1.2.398.3.3.5.2.3"
	KZStoreEToken5110 OID = "1.2.398.3.3.5.2.4"
	KZStoreJaCarta    OID = "1.2.398.3.3.5.2.5"
	KZStoreAKey       OID = "1.2.398.3.3.5.2.6"
	KZStoreSIM        OID = "1.2.398.3.3.5.2.7"
	KZStoreCloud      OID = "1.2.398.3.3.5.3.1"
)

// Attributes of names (X.520, RFC 4519, PKCS#9).
const (
	CommonName             OID = "2.5.4.3"
	Surname                OID = "2.5.4.4"
	SerialNumber           OID = "2.5.4.5"
	Country                OID = "2.5.4.6"
	Locality               OID = "2.5.4.7"
	State                  OID = "2.5.4.8"
	Street                 OID = "2.5.4.9"
	Organization           OID = "2.5.4.10"
	OrganizationalUnit     OID = "2.5.4.11"
	Title                  OID = "2.5.4.12"
	Description            OID = "2.5.4.13"
	BusinessCategory       OID = "2.5.4.15"
	PostalCode             OID = "2.5.4.17"
	Name                   OID = "2.5.4.41"
	GivenName              OID = "2.5.4.42" // the patronymic in national certificates
	Initials               OID = "2.5.4.43"
	GenerationQualifier    OID = "2.5.4.44"
	DNQualifier            OID = "2.5.4.46"
	Pseudonym              OID = "2.5.4.65"
	OrganizationIdentifier OID = "2.5.4.97"
	UserID                 OID = "0.9.2342.19200300.100.1.1"
	DomainComponent        OID = "0.9.2342.19200300.100.1.25"
	Email                  OID = "1.2.840.113549.1.9.1"
)

// Extensions of certificates and lists (RFC 5280 sections 4.2 and 5).
const (
	ExtSubjectKeyID             OID = "2.5.29.14"
	ExtKeyUsage                 OID = "2.5.29.15"
	ExtPrivateKeyUsagePeriod    OID = "2.5.29.16"
	ExtSubjectAltName           OID = "2.5.29.17"
	ExtIssuerAltName            OID = "2.5.29.18"
	ExtBasicConstraints         OID = "2.5.29.19"
	ExtCRLNumber                OID = "2.5.29.20"
	ExtReasonCode               OID = "2.5.29.21"
	ExtHoldInstruction          OID = "2.5.29.23"
	ExtInvalidityDate           OID = "2.5.29.24"
	ExtDeltaCRL                 OID = "2.5.29.27"
	ExtIssuingDistributionPoint OID = "2.5.29.28"
	ExtCertificateIssuer        OID = "2.5.29.29"
	ExtNameConstraints          OID = "2.5.29.30"
	ExtCRLDistributionPoints    OID = "2.5.29.31"
	ExtCertificatePolicies      OID = "2.5.29.32"
	AnyPolicy                   OID = "2.5.29.32.0"
	ExtPolicyMappings           OID = "2.5.29.33"
	ExtAuthorityKeyID           OID = "2.5.29.35"
	ExtPolicyConstraints        OID = "2.5.29.36"
	ExtExtKeyUsage              OID = "2.5.29.37"
	ExtFreshestCRL              OID = "2.5.29.46"
	ExtInhibitAnyPolicy         OID = "2.5.29.54"
	ExtExpiredCertsOnCRL        OID = "2.5.29.60"
	ExtAuthorityInfoAccess      OID = "1.3.6.1.5.5.7.1.1"
	ExtQCStatements             OID = "1.3.6.1.5.5.7.1.3"
	ExtSubjectInfoAccess        OID = "1.3.6.1.5.5.7.1.11"
	ExtTLSFeature               OID = "1.3.6.1.5.5.7.1.24"
	ExtNetscapeCertType         OID = "2.16.840.1.113730.1.1"
)

// Purposes, policy qualifiers and access methods (RFC 5280 section 4.2, RFC 3161, RFC 6960).
const (
	EKUAny             OID = "2.5.29.37.0"
	EKUServerAuth      OID = "1.3.6.1.5.5.7.3.1"
	EKUClientAuth      OID = "1.3.6.1.5.5.7.3.2"
	EKUCodeSigning     OID = "1.3.6.1.5.5.7.3.3"
	EKUEmailProtection OID = "1.3.6.1.5.5.7.3.4"
	EKUTimeStamping    OID = "1.3.6.1.5.5.7.3.8"
	EKUOCSPSigning     OID = "1.3.6.1.5.5.7.3.9"

	CPSQualifier OID = "1.3.6.1.5.5.7.2.1"
	UserNotice   OID = "1.3.6.1.5.5.7.2.2"

	OCSP         OID = "1.3.6.1.5.5.7.48.1"
	CAIssuers    OID = "1.3.6.1.5.5.7.48.2"
	TimeStamping OID = "1.3.6.1.5.5.7.48.3"
	CARepository OID = "1.3.6.1.5.5.7.48.5"
)

// OCSP (RFC 6960 section 4).
const (
	OCSPBasic                OID = "1.3.6.1.5.5.7.48.1.1"
	OCSPNonce                OID = "1.3.6.1.5.5.7.48.1.2"
	OCSPCRL                  OID = "1.3.6.1.5.5.7.48.1.3"
	OCSPResponse             OID = "1.3.6.1.5.5.7.48.1.4"
	OCSPNoCheck              OID = "1.3.6.1.5.5.7.48.1.5"
	OCSPArchiveCutoff        OID = "1.3.6.1.5.5.7.48.1.6"
	OCSPServiceLocator       OID = "1.3.6.1.5.5.7.48.1.7"
	OCSPPreferredSignatures  OID = "1.3.6.1.5.5.7.48.1.8"
	OCSPExtendedRevoke       OID = "1.3.6.1.5.5.7.48.1.9"
	HoldInstructionCallIssue OID = "1.2.840.10040.2.2"
	HoldInstructionReject    OID = "1.2.840.10040.2.3"
)

// Content types (PKCS#7, RFC 5652, RFC 3161).
const (
	Data                   OID = "1.2.840.113549.1.7.1"
	SignedData             OID = "1.2.840.113549.1.7.2"
	EnvelopedData          OID = "1.2.840.113549.1.7.3"
	SignedAndEnvelopedData OID = "1.2.840.113549.1.7.4"
	DigestedData           OID = "1.2.840.113549.1.7.5"
	EncryptedData          OID = "1.2.840.113549.1.7.6"
	AuthenticatedData      OID = "1.2.840.113549.1.9.16.1.2"
	TSTInfo                OID = "1.2.840.113549.1.9.16.1.4"
)

// Attributes of signers, requests and bags (PKCS#9, RFC 5652, RFC 5035, RFC 5126).
const (
	ContentType           OID = "1.2.840.113549.1.9.3"
	MessageDigest         OID = "1.2.840.113549.1.9.4"
	SigningTime           OID = "1.2.840.113549.1.9.5"
	CounterSignature      OID = "1.2.840.113549.1.9.6"
	ChallengePassword     OID = "1.2.840.113549.1.9.7"
	UnstructuredName      OID = "1.2.840.113549.1.9.2"
	ExtensionRequest      OID = "1.2.840.113549.1.9.14"
	SMIMECapabilities     OID = "1.2.840.113549.1.9.15"
	FriendlyName          OID = "1.2.840.113549.1.9.20"
	LocalKeyID            OID = "1.2.840.113549.1.9.21"
	CMSAlgorithmProtect   OID = "1.2.840.113549.1.9.52"
	SigningCertificate    OID = "1.2.840.113549.1.9.16.2.12"
	TimeStampToken        OID = "1.2.840.113549.1.9.16.2.14"
	SignaturePolicy       OID = "1.2.840.113549.1.9.16.2.15"
	CommitmentType        OID = "1.2.840.113549.1.9.16.2.16"
	SignerLocation        OID = "1.2.840.113549.1.9.16.2.17"
	CompleteCertRefs      OID = "1.2.840.113549.1.9.16.2.21"
	CompleteRevocation    OID = "1.2.840.113549.1.9.16.2.22"
	CertValues            OID = "1.2.840.113549.1.9.16.2.23"
	RevocationValues      OID = "1.2.840.113549.1.9.16.2.24"
	SigningCertificateV2  OID = "1.2.840.113549.1.9.16.2.47"
	ArchiveTimeStampV3    OID = "0.4.0.1733.2.4"
	ATSHashIndexV3        OID = "0.4.0.19122.1.5"
	MSRequestExtensions   OID = "1.3.6.1.4.1.311.2.1.14"
	MSLocalMachineKeySet  OID = "1.3.6.1.4.1.311.17.2"
	MSKeyProviderNameAttr OID = "1.3.6.1.4.1.311.17.1"
)

// PKCS#12 bags and encryption (RFC 7292), PKCS#5 (RFC 8018).
const (
	KeyBag              OID = "1.2.840.113549.1.12.10.1.1"
	PKCS8ShroudedKeyBag OID = "1.2.840.113549.1.12.10.1.2"
	CertBag             OID = "1.2.840.113549.1.12.10.1.3"
	CRLBag              OID = "1.2.840.113549.1.12.10.1.4"
	SecretBag           OID = "1.2.840.113549.1.12.10.1.5"
	SafeContentsBag     OID = "1.2.840.113549.1.12.10.1.6"
	X509CertificateBag  OID = "1.2.840.113549.1.9.22.1"
	SDSICertificateBag  OID = "1.2.840.113549.1.9.22.2"

	PBEWithSHA1And128RC4  OID = "1.2.840.113549.1.12.1.1"
	PBEWithSHA1And40RC4   OID = "1.2.840.113549.1.12.1.2"
	PBEWithSHA1And3DES    OID = "1.2.840.113549.1.12.1.3"
	PBEWithSHA1And2DES    OID = "1.2.840.113549.1.12.1.4"
	PBEWithSHA1And128RC2  OID = "1.2.840.113549.1.12.1.5"
	PBEWithSHA1And40RC2   OID = "1.2.840.113549.1.12.1.6"
	PBES2                 OID = "1.2.840.113549.1.5.13"
	PBKDF2                OID = "1.2.840.113549.1.5.12"
	PBMAC1                OID = "1.2.840.113549.1.5.14"
	Scrypt                OID = "1.3.6.1.4.1.11591.4.11"
	HMACWithSHA1          OID = "1.2.840.113549.2.7"
	HMACWithSHA224        OID = "1.2.840.113549.2.8"
	HMACWithSHA256        OID = "1.2.840.113549.2.9"
	HMACWithSHA384        OID = "1.2.840.113549.2.10"
	HMACWithSHA512        OID = "1.2.840.113549.2.11"
	RC2CBC                OID = "1.2.840.113549.3.2"
	DESEDE3CBC            OID = "1.2.840.113549.3.7"
	AES128CBC             OID = "2.16.840.1.101.3.4.1.2"
	AES192CBC             OID = "2.16.840.1.101.3.4.1.22"
	AES256CBC             OID = "2.16.840.1.101.3.4.1.42"
	AES128GCM             OID = "2.16.840.1.101.3.4.1.6"
	AES256GCM             OID = "2.16.840.1.101.3.4.1.46"
	MaskGenerationFunc1   OID = "1.2.840.113549.1.1.8"
	GostHMACStreebog256   OID = "1.2.643.7.1.1.4.1"
	GostHMACStreebog512   OID = "1.2.643.7.1.1.4.2"
	Gost28147CFB          OID = "1.2.643.2.2.21"
	Gost28147ParamZ       OID = "1.2.643.7.1.2.5.1.1"
	GostMagmaCTRACPKM     OID = "1.2.643.7.1.1.5.1.1"
	GostKuznyechikCTRACPK OID = "1.2.643.7.1.1.5.2.1"
)

// Hashes.
const (
	MD5      OID = "1.2.840.113549.2.5"
	SHA1     OID = "1.3.14.3.2.26"
	SHA224   OID = "2.16.840.1.101.3.4.2.4"
	SHA256   OID = "2.16.840.1.101.3.4.2.1"
	SHA384   OID = "2.16.840.1.101.3.4.2.2"
	SHA512   OID = "2.16.840.1.101.3.4.2.3"
	SHA3_256 OID = "2.16.840.1.101.3.4.2.8"
	SHA3_384 OID = "2.16.840.1.101.3.4.2.9"
	SHA3_512 OID = "2.16.840.1.101.3.4.2.10"
)

// RSA (RFC 8017) and elliptic curves (RFC 5480, RFC 5758, RFC 8410).
const (
	RSAEncryption OID = "1.2.840.113549.1.1.1"
	MD5WithRSA    OID = "1.2.840.113549.1.1.4"
	SHA1WithRSA   OID = "1.2.840.113549.1.1.5"
	RSAPSS        OID = "1.2.840.113549.1.1.10"
	SHA256WithRSA OID = "1.2.840.113549.1.1.11"
	SHA384WithRSA OID = "1.2.840.113549.1.1.12"
	SHA512WithRSA OID = "1.2.840.113549.1.1.13"
	SHA224WithRSA OID = "1.2.840.113549.1.1.14"

	ECPublicKey     OID = "1.2.840.10045.2.1"
	P256            OID = "1.2.840.10045.3.1.7"
	P384            OID = "1.3.132.0.34"
	P521            OID = "1.3.132.0.35"
	ECDSAWithSHA1   OID = "1.2.840.10045.4.1"
	ECDSAWithSHA224 OID = "1.2.840.10045.4.3.1"
	ECDSAWithSHA256 OID = "1.2.840.10045.4.3.2"
	ECDSAWithSHA384 OID = "1.2.840.10045.4.3.3"
	ECDSAWithSHA512 OID = "1.2.840.10045.4.3.4"
	DSA             OID = "1.2.840.10040.4.1"
	DSAWithSHA1     OID = "1.2.840.10040.4.3"
	Ed25519         OID = "1.3.101.112"
)

// GOST in the form of RFC 9215 and RFC 7091, and of RFC 4491 for the old signature.
const (
	Gost2012256Key             OID = "1.2.643.7.1.1.1.1"
	Gost2012512Key             OID = "1.2.643.7.1.1.1.2"
	Streebog256                OID = "1.2.643.7.1.1.2.2"
	Streebog512                OID = "1.2.643.7.1.1.2.3"
	Gost2012256WithStreebog256 OID = "1.2.643.7.1.1.3.2"
	Gost2012512WithStreebog512 OID = "1.2.643.7.1.1.3.3"
	GostParam256A              OID = "1.2.643.7.1.2.1.1.1" // id-tc26-gost-3410-12-256-paramSetA
	GostParam512A              OID = "1.2.643.7.1.2.1.2.1" // id-tc26-gost-3410-12-512-paramSetA
	GostParam512B              OID = "1.2.643.7.1.2.1.2.2"
	GostParam512C              OID = "1.2.643.7.1.2.1.2.3"
	GostParamCryptoProA        OID = "1.2.643.2.2.35.1"
	GostParamCryptoProXA       OID = "1.2.643.2.2.36.0" // the same curve, for key exchange

	Gost2001Key         OID = "1.2.643.2.2.19"
	Gost2001WithGost94  OID = "1.2.643.2.2.3"
	Gost94Digest        OID = "1.2.643.2.2.9"
	Gost94ParamTest     OID = "1.2.643.2.2.30.0"
	Gost94ParamCryptoPr OID = "1.2.643.2.2.30.1"
)
