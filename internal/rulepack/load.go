package rulepack

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/trailhold/trailhold/internal/sigma"
)

//go:embed rules
var embedded embed.FS

// Author is the author of the pack's own rules.
const Author = "Trailhold"

// builtin is what positions in the pack's own files begin with.
const builtin = "builtin"

// Limits of what is read: sigma refuses larger files, and no rule set has as many.
const (
	maxFileSize = 1 << 20
	maxFiles    = 50_000
)

// File is a rule file, with what each of its rules says beyond Sigma.
type File struct {
	*sigma.File
	abouts []*About
}

// Files returns the pack's own rules, ordered by file name. Each call makes them anew, since linking changes rules.
func Files() ([]*File, error) {
	root, err := fs.Sub(embedded, "rules")
	if err != nil {
		return nil, err
	}
	return readAll(root, ".", func(name string) string { return path.Join(builtin, name) })
}

// Read reads rule files, and all .yml and .yaml files in folders, in the order of the paths and of the file names below
// them. Whatever is wrong with a file comes back as *[sigma.Error], joined; what could be read comes back all the same.
// A path that can't be read, and a folder without any rule file, is an error too.
func Read(paths ...string) ([]*File, error) {
	var files []*File
	var errs []error
	for _, p := range paths {
		found, err := readPath(p)
		files = append(files, found...)
		errs = append(errs, err)
	}
	return files, errors.Join(errs...)
}

func readPath(name string) ([]*File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("reading rules: %w", err)
	}
	if !info.IsDir() {
		f, err := readFile(os.DirFS(filepath.Dir(name)), filepath.Base(name), name)
		return oneFile(f), err
	}
	files, err := readAll(os.DirFS(name), ".", func(below string) string { return filepath.Join(name, filepath.FromSlash(below)) })
	if len(files) == 0 && err == nil {
		err = fmt.Errorf("reading rules: %s has no .yml or .yaml file in it or below", name)
	}
	return files, err
}

func oneFile(f *File) []*File {
	if f == nil {
		return nil
	}
	return []*File{f}
}

// readAll reads the rule files below a folder. Shown turns a name into what positions say.
func readAll(root fs.FS, folder string, shown func(string) string) ([]*File, error) {
	var files []*File
	var errs []error
	err := fs.WalkDir(root, folder, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() || !isRuleFile(name):
			return nil
		case len(files) == maxFiles:
			return fmt.Errorf("reading rules: more than %d files; name fewer folders", maxFiles)
		}
		f, err := readFile(root, name, shown(name))
		files = append(files, oneFile(f)...)
		errs = append(errs, err)
		return nil
	})
	return files, errors.Join(append(errs, err)...)
}

func isRuleFile(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yml" || ext == ".yaml"
}

// readFile returns nil for a file that can't be opened or read.
func readFile(root fs.FS, name, shown string) (*File, error) {
	data, err := contents(root, name)
	if err != nil {
		return nil, fmt.Errorf("reading rules: %s: %w", shown, err)
	}
	return Parse(shown, data)
}

// contents reads one byte more than a rule file may have, so that a longer one is refused instead of cut off.
func contents(root fs.FS, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	return data, errors.Join(err, f.Close())
}

// Sigma returns the files as package sigma links them.
func Sigma(files []*File) []*sigma.File {
	list := make([]*sigma.File, len(files))
	for i, f := range files {
		list[i] = f.File
	}
	return list
}
