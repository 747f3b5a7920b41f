package main

import (
	"os"
	"testing"

	"github.com/senim-pki/senim/authority/application"
)

func TestTheDocumentIsCurrent(t *testing.T) {
	have, err := os.ReadFile("../../../docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != document(application.Table()) {
		t.Error("docs/states.md is not what the table says: run go generate ./authority/application")
	}
}
