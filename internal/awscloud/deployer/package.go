package deployer

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Bounds of a package: Lambda's own limits of what is uploaded and of what is unpacked.
const (
	maxPackage   = 50 << 20
	maxBootstrap = 250 << 20
)

// Package is the function's code as it is uploaded.
type Package struct {
	Content      []byte
	SHA256       string // of the content, in hex
	Architecture string // "arm64" or "x86_64", as Lambda calls them
}

// ReadPackage checks that a zip is a function's package, and finds out for which processor.
func ReadPackage(content []byte) (Package, error) {
	if len(content) > maxPackage {
		return Package{}, fmt.Errorf("it has %d bytes; Lambda takes %d", len(content), maxPackage)
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return Package{}, fmt.Errorf("it is no zip: %w", err)
	}
	for _, f := range archive.File {
		if f.Name != "bootstrap" {
			continue
		}
		architecture, err := architectureOf(f)
		if err != nil {
			return Package{}, fmt.Errorf("its file bootstrap: %w", err)
		}
		sum := sha256.Sum256(content)
		return Package{content, hex.EncodeToString(sum[:]), architecture}, nil
	}
	return Package{}, errors.New("it has no file bootstrap, which Lambda starts")
}

// architectureOf reads the processor from a program's header.
func architectureOf(f *zip.File) (string, error) {
	if f.UncompressedSize64 > maxBootstrap {
		return "", errors.New("is larger than Lambda takes")
	}
	opened, err := f.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = opened.Close() }()
	content, err := io.ReadAll(io.LimitReader(opened, maxBootstrap))
	if err != nil {
		return "", err
	}
	program, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return "", errors.New("is no program for Linux")
	}
	switch program.Machine {
	case elf.EM_AARCH64:
		return "arm64", nil
	case elf.EM_X86_64:
		return "x86_64", nil
	}
	return "", fmt.Errorf("is for %s, which Lambda does not run", program.Machine)
}
