// Command package builds the function's deployment packages, dist/trailhold-lambda-arm64.zip and -x86_64.zip, each with its bill
// of materials, and prints their SHA-256. The same source and Go release make the same bytes, wherever and whenever they are
// built.
//
//	go run ./internal/tools/package [-o DIR]
package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// architectures are those that Lambda has, by Go's name for them, with the settings that decide which instructions are used.
var architectures = []struct{ lambda, goarch, level string }{
	{"arm64", "arm64", "GOARM64=v8.0"},
	{"x86_64", "amd64", "GOAMD64=v1"},
}

func main() {
	dir := flag.String("o", "dist", "`directory` to write to")
	flag.Parse()
	if err := packages(context.Background(), ".", *dir); err != nil {
		fmt.Fprintln(os.Stderr, "package:", err)
		os.Exit(1)
	}
}

// packages builds the packages of the module in a directory.
func packages(ctx context.Context, module, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, a := range architectures {
		program, err := build(ctx, module, a.goarch, a.level)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(dir, "trailhold-lambda-"+a.lambda), program); err != nil {
			return err
		}
	}
	return nil
}

// write writes a program's package and its bill of materials.
func write(name string, program []byte) error {
	for _, part := range []struct {
		suffix string
		of     func([]byte) ([]byte, error)
	}{{".zip", zipped}, {".cdx.json", materials}} {
		data, err := part.of(program)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name+part.suffix, data, 0o644); err != nil {
			return err
		}
		fmt.Printf("%x  %s\n", sha256.Sum256(data), name+part.suffix)
	}
	return nil
}

// build compiles the function for one architecture. Settings of the environment that would change the program are overridden.
func build(ctx context.Context, module, goarch, level string) ([]byte, error) {
	temporary, err := os.MkdirTemp("", "trailhold-package")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	binary := filepath.Join(temporary, bootstrap)
	cmd := exec.CommandContext(ctx, "go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w", "-o", binary, "./cmd/trailhold-lambda")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+goarch, level, "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOEXPERIMENT=", "GOWORK=off", "GOFIPS140=off")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go build for linux/%s: %w", goarch, err)
	}
	return os.ReadFile(binary)
}
