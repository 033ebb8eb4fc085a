package incident

import _ "embed" // for Schema

// Schema is the JSON Schema (draft 2020-12) of an incident's JSON, for those who read journals and notifications with
// programs of their own. It leaves room for properties that later versions add.
//
//go:embed incident.schema.json
var Schema []byte
