package oid

var names = map[OID]string{}
