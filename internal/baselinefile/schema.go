package baselinefile

import _ "embed"

// Schema is the JSON Schema (draft 2020-12) of the baseline file, for editors and other tools. Parse checks more than
// a schema can: that ARN, name, region and account agree, and that no trail is listed twice.
//
//go:embed baseline.schema.json
var Schema []byte
