package memory_test

import (
	"testing"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/store/memory"
	"github.com/senim-pki/senim/authority/store/storetest"
)

func TestTheMemoryStoreIsAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) authority.Store {
		s := memory.New()
		t.Cleanup(func() { s.Close() })
		return s
	})
}
