// Package madeof holds documents that are made of the code to what the code says, in tests.
package madeof

import (
	"flag"
	"os"
	"testing"
)

// update is the flag -update of the tests of packages that use this one.
var update = flag.Bool("update", false, "write the documents that are made of the code anew")

// Document fails the test if the document is not what it is to be, or writes it if the flag -update is given.
func Document(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Errorf("%s is out of date: the same test with -update writes it anew (-run %s)", file, t.Name())
	}
}
