package main

import (
	"archive/zip"
	"bytes"
	"time"
)

// bootstrap is what the runtime provided.al2023 starts.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-provided.html
const bootstrap = "bootstrap"

// zipped is an archive that holds nothing but the program, executable by all. Its time is the earliest that the format knows:
// that of the build would make each build another one.
func zipped(program []byte) ([]byte, error) {
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: bootstrap, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	file, err := archive.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(program); err != nil {
		return nil, err
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
