//go:build unix

package journal

import (
	"errors"
	"os"
)

// syncDir makes a rename durable.
func syncDir(dir string) (err error) {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}
