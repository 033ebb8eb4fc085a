package journaltest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// TableName is that of the table that MakeTable makes.
const TableName = "trailhold"

// MakeTable makes the table that a definition, docs/dynamodb-table.json, describes. client leads to a lab, which takes a
// request as signed without looking at the signature.
func MakeTable(ctx context.Context, client *http.Client, region, definition string) error {
	content, err := os.ReadFile(definition)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://dynamodb", strings.NewReader(string(content)))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAOWNER00000000001/20260301/"+region+"/dynamodb/aws4_request")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.CreateTable")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("CreateTable: %s", text)
	}
	return err
}
