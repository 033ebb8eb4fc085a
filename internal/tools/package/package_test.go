package main

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module is this module's directory.
const module = "../../.."

func TestZipIsWhatLambdaExpects(t *testing.T) {
	data, err := zipped([]byte("a program"))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(archive.File) != 1 {
		t.Fatalf("%v: %+v", err, archive)
	}
	if f := archive.File[0]; f.Name != "bootstrap" || f.Mode() != 0o755 || f.Modified.Year() != 1980 {
		t.Errorf("%s %v %v", f.Name, f.Mode(), f.Modified)
	}
	if again, _ := zipped([]byte("a program")); !bytes.Equal(again, data) {
		t.Error("the same program makes another archive")
	}
}

// TestTwoBuildsAreIdentical builds the packages here, and in a copy of the source elsewhere under an environment that would
// change the binary if it were let.
func TestTwoBuildsAreIdentical(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the function four times")
	}
	here, there, copied := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "elsewhere")
	copySource(t, copied)
	if err := packages(t.Context(), module, here); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-gcflags=-N")
	t.Setenv("GOAMD64", "v3")
	t.Setenv("GOARM64", "v8.1")
	t.Setenv("CGO_ENABLED", "1")
	if err := packages(t.Context(), copied, there); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"trailhold-lambda-arm64.zip", "trailhold-lambda-arm64.cdx.json", "trailhold-lambda-x86_64.zip", "trailhold-lambda-x86_64.cdx.json"} {
		first, err := os.ReadFile(filepath.Join(here, name))
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.ReadFile(filepath.Join(there, name))
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s is different when it is built elsewhere: %d and %d bytes, %v", name, len(first), len(second), err)
		}
		t.Logf("%s: %d bytes", name, len(first))
		if strings.HasSuffix(name, ".zip") {
			checkProgram(t, name, first)
		} else {
			checkMaterials(t, name, first)
		}
	}
}

// checkProgram makes sure that the program in a package is for the processor that the package's name says.
func checkProgram(t *testing.T, name string, data []byte) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := archive.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	var program bytes.Buffer
	if _, err := program.ReadFrom(file); err != nil {
		t.Fatal(err)
	}
	binary, err := elf.NewFile(bytes.NewReader(program.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	want := map[bool]elf.Machine{true: elf.EM_AARCH64, false: elf.EM_X86_64}[strings.Contains(name, "arm64")]
	if binary.Machine != want {
		t.Errorf("%s is for %v", name, binary.Machine)
	}
	if cwd, _ := os.Getwd(); bytes.Contains(program.Bytes(), []byte(cwd)) {
		t.Errorf("%s names the directory that it was built in", name)
	}
}

// checkMaterials makes sure that a bill names what the function is known to be made of, and nothing that only the command has.
func checkMaterials(t *testing.T, name string, data []byte) {
	var b bom
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, c := range b.Components {
		if listed[c.Name] = true; c.Version == "" || c.PURL != "pkg:golang/"+c.Name+"@"+c.Version {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if !listed["std"] || !listed["github.com/aws/aws-lambda-go"] || !listed["github.com/aws/smithy-go"] || listed["github.com/spf13/cobra"] {
		t.Errorf("%s lists %v", name, listed)
	}
	if m := b.Metadata.Component; m.Name != "github.com/trailhold/trailhold/cmd/trailhold-lambda" || len(m.Hashes) != 1 || len(m.Hashes[0].Content) != 64 {
		t.Errorf("%s is about %+v", name, m)
	}
}

// copySource copies what the function is built from.
func copySource(t *testing.T, to string) {
	for _, dir := range []string{"cmd", "internal", "deploy"} {
		if err := os.CopyFS(filepath.Join(to, dir), os.DirFS(filepath.Join(module, dir))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
