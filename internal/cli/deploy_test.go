package cli

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// pack writes a zip with the header of a program for Lambda's arm64, which is all that deploying looks at.
func (w *world) pack(ts *testscript.TestScript, args []string) error {
	var program, content bytes.Buffer
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_AARCH64), Version: uint32(elf.EV_CURRENT), Ehsize: 64,
	}
	if err := binary.Write(&program, binary.LittleEndian, header); err != nil {
		return err
	}
	archive := zip.NewWriter(&content)
	f, err := archive.Create("bootstrap")
	if err != nil {
		return err
	}
	if _, err := f.Write(program.Bytes()); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return os.WriteFile(ts.MkAbs(args[0]), content.Bytes(), 0o600)
}

// signingNames are the services of the calls that impair makes, by the beginning of their targets.
var signingNames = map[string]string{"AWSEvents": "events", "GraniteServiceVersion20100801": "monitoring", "DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs"}

// impair makes one call of one of AWS's JSON protocols.
func (w *world) impair(_ *testscript.TestScript, args []string) error {
	var in map[string]any
	if err := json.Unmarshal([]byte(args[1]), &in); err != nil {
		return err
	}
	service, _, _ := strings.Cut(args[0], ".")
	_, err := wire(w.box, signingNames[service], args[0], in)
	return err
}
