package sandbox_test

import (
	"testing"

	"wadah/session/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }
